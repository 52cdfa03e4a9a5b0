/// The time a client goes by: the one place where it reads a clock or waits.
package struct ClientClock: Sendable {
    /// The time since some fixed moment; it never goes back.
    package var now: @Sendable () -> Duration
    /// Waits.
    ///
    /// Throws `CancellationError` when the task is cancelled.
    package var sleep: @Sendable (Duration) async throws -> Void

    /// Creates a clock of its two functions.
    package init(now: @escaping @Sendable () -> Duration, sleep: @escaping @Sendable (Duration) async throws -> Void) {
        self.now = now
        self.sleep = sleep
    }

    /// The machine's monotonic clock.
    package static let system = ClientClock.monotonic()

    private static func monotonic() -> ClientClock {
        let origin = ContinuousClock.now
        return ClientClock(
            now: { origin.duration(to: .now) },
            sleep: { try await Task.sleep(for: $0, clock: .continuous) })
    }
}
