import Synchronization

/// Where an outcome is told, from any thread and once.
package final class OutcomeTeller<Outcome: Sendable>: Sendable {
    private let stream: AsyncStream<Outcome>.Continuation
    private let isTold = Atomic<Bool>(false)

    fileprivate init(_ stream: AsyncStream<Outcome>.Continuation) {
        self.stream = stream
    }

    /// Tells the outcome; a second one is a fault of the code under test.
    package func tell(_ outcome: Outcome) {
        precondition(!isTold.exchange(true, ordering: .relaxed), "an outcome is told twice")
        stream.yield(outcome)
    }
}

/// Waits for what is told elsewhere, until the time is over or the waiting task is cancelled.
///
/// A continuation in its place would hang the whole run when nobody resumes it.
///
/// - Parameters:
///   - what: what is waited for, for the error.
///   - begin: begins what tells the outcome later.
/// - Throws: ``OutOfPatience``, `CancellationError`, and the errors of `begin`.
package func outcome<Outcome: Sendable>(
    of what: String, within time: Duration = .seconds(60), _ begin: (OutcomeTeller<Outcome>) throws -> Void
) async throws -> Outcome {
    let (stream, continuation) = AsyncStream.makeStream(of: Outcome.self)
    try begin(OutcomeTeller(continuation))
    let timer = Task {
        try await Task.sleep(for: time)
        continuation.finish()
    }
    defer { timer.cancel() }
    for await outcome in stream { return outcome }
    try Task.checkCancellation()
    throw OutOfPatience(description: "waited \(time) in vain for \(what)")
}

/// Waits for the end of what must end by itself, also in a task that is cancelled; what does not end is left behind.
///
/// - Parameter what: what is to end, for the error.
/// - Throws: ``OutOfPatience``.
package func end(
    of what: String, within time: Duration = .seconds(30), _ body: @escaping @Sendable () async -> Void
) async throws {
    // A task of its own is not cancelled with the one that waits for it.
    let waiting = Task {
        try await outcome(of: "the end of \(what)", within: time) { teller in
            Task { teller.tell(await body()) }
        }
    }
    try await waiting.value
}
