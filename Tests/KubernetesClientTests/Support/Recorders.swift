import KubernetesClient
import Logging
import Synchronization

/// Keeps what was logged.
final class LogRecorder: Sendable {
    private let lines = Mutex<[String]>([])

    /// The lines so far, with their levels.
    var all: [String] { lines.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(recorder: self) } }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            recorder.lines.withLock { $0.append("\(event.level): \(event.message)") }
        }
    }
}

/// Keeps what an observer is told, and lets tests wait for it.
final class ObserverRecorder: ClientObserver {
    private struct Waiter {
        var count: Int
        var code: String
        var signal: AsyncStream<Void>.Continuation

        func isSatisfied(by reports: [RequestReport]) -> Bool { reports.count { $0.code == code } >= count }
    }

    private struct State {
        var reports: [RequestReport] = []
        var changes: [ReflectorStanding] = []
        var dropped = 0
        var leftOut: [LeftOutObject.Reason: Int] = [:]
        var waits: [Duration] = []
        var divergences: [Int] = []
        var waiters: [Waiter] = []
    }

    private let state = Mutex(State())

    var reports: [RequestReport] { state.withLock { $0.reports } }
    /// Whether objects were followed, after each change.
    var changes: [Bool] { state.withLock { $0.changes.map { $0 == .following } } }
    var leftOut: [LeftOutObject.Reason: Int] { state.withLock { $0.leftOut } }
    var dropped: Int { state.withLock { $0.dropped } }
    /// How long the limits held each request up.
    var waits: [Duration] { state.withLock { $0.waits } }
    /// How many objects each check found to differ.
    var divergences: [Int] { state.withLock { $0.divergences } }

    func requestFinished(_ report: RequestReport) {
        let ready = state.withLock { state in
            state.reports.append(report)
            let reports = state.reports
            let ready = state.waiters.filter { $0.isSatisfied(by: reports) }
            state.waiters.removeAll { $0.isSatisfied(by: reports) }
            return ready
        }
        for waiter in ready { waiter.signal.finish() }
    }

    func reflectorChanged(resource: String, to standing: ReflectorStanding) {
        state.withLock { $0.changes.append(standing) }
    }

    func objectsLeftOut(resource: String, reason: LeftOutObject.Reason, count: Int) {
        state.withLock { $0.leftOut[reason, default: 0] += count }
    }

    func addressesDropped(resource: String, count: Int) {
        state.withLock { $0.dropped += count }
    }

    func requestWaited(operation: APIRequest.Operation, method: String, host: String, duration: Duration) {
        state.withLock { $0.waits.append(duration) }
    }

    func divergenceFound(resource: String, count: Int) {
        state.withLock { $0.divergences.append(count) }
    }

    /// Waits until so many requests ended with a code.
    ///
    /// Throws `CancellationError` when the task is cancelled before.
    func wait(for count: Int, code: String) async throws {
        let (signal, continuation) = AsyncStream.makeStream(of: Void.self)
        let waiter = Waiter(count: count, code: code, signal: continuation)
        state.withLock { state in
            guard !waiter.isSatisfied(by: state.reports) else { return continuation.finish() }
            state.waiters.append(waiter)
        }
        for await _ in signal {}
        try Task.checkCancellation()
    }
}

/// A clock whose time passes only while somebody sleeps, at once, and when a test says so.
final class LeapingClock: Sendable {
    private let state = Mutex((time: Duration.zero, pauses: [Duration]()))

    var now: Duration { state.withLock { $0.time } }
    /// The sleeps it was asked for.
    var pauses: [Duration] { state.withLock { $0.pauses } }

    func pass(_ duration: Duration) { state.withLock { $0.time += duration } }

    var clock: ClientClock {
        ClientClock(
            now: { self.now },
            sleep: { duration in
                self.state.withLock { $0.pauses.append(duration) }
                try Task.checkCancellation()
                self.pass(duration)
                await Task.yield()
            })
    }
}

/// The machine's clock, except that sleeps of one length end when they are told to.
final class HeldClock: Sendable {
    /// The length of the sleeps that are held.
    static let held = Duration.seconds(1800)

    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    }

    /// Ends one sleep, the present one or the next.
    func wake() { continuation.yield() }

    var clock: ClientClock {
        ClientClock(
            now: ClientClock.system.now,
            sleep: { duration in
                guard duration == Self.held else { return try await ClientClock.system.sleep(duration) }
                for await _ in self.stream { return }
                throw CancellationError()
            })
    }
}
