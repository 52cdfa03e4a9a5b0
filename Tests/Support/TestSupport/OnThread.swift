import Foundation

/// Runs what blocks on a thread of its own, so that the few threads of Swift's concurrency stay free.
///
/// - Throws: the errors of `body`; `CancellationError` when the task is cancelled, and the thread is left behind.
package func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    let (results, continuation) = AsyncStream.makeStream(of: Swift.Result<Result, any Error>.self)
    Thread.detachNewThread {
        continuation.yield(Swift.Result(catching: body))
    }
    for await result in results { return try result.get() }
    throw CancellationError()
}
