import NIOCore
import NIOPosix

/// The thread on which clusters are followed: connections to API servers, what comes over them, and whatever is made of it.
///
/// An event that arrives is taken, worked in and published without another thread being woken, and the thread waits for the
/// network alone. Nobody but the API server can give it work.
package final class ClusterLoop: SerialExecutor, TaskExecutor {
    package static let shared = ClusterLoop(MultiThreadedEventLoopGroup(numberOfThreads: 1))

    let group: any EventLoopGroup
    private let eventLoop: any EventLoop

    private init(_ group: MultiThreadedEventLoopGroup) {
        self.group = group
        eventLoop = group.next()
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute {
            unsafe job.runSynchronously(
                isolatedTo: self.asUnownedSerialExecutor(), taskExecutor: self.asUnownedTaskExecutor())
        }
    }

    package func checkIsolated() {
        eventLoop.preconditionInEventLoop()
    }

    package func isIsolatingCurrentContext() -> Bool? { eventLoop.inEventLoop }

    /// Runs `body` on the loop, after what the loop is doing now.
    ///
    /// - Parameter pause: how long to wait first; nothing unless it is positive.
    package func run(after pause: Duration, _ body: @escaping @Sendable () -> Void) {
        if pause > .zero {
            eventLoop.scheduleTask(in: TimeAmount(pause), body)
        } else {
            eventLoop.execute(body)
        }
    }
}
