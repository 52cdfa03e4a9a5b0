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

    /// What is to be done when the reading of a connection that is going on has ended; nil when none is.
    private let afterReading: NIOLoopBoundBox<[@Sendable () -> Void]?>

    private init(_ group: MultiThreadedEventLoopGroup) {
        self.group = group
        eventLoop = group.next()
        afterReading = .makeBoxSendingValue(nil, eventLoop: eventLoop)
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

    /// Runs `body` on the loop, after what the loop is doing now: while a connection is being read, after all that has arrived was taken.
    ///
    /// - Parameter pause: how long to wait first; nothing unless it is positive.
    package func run(after pause: Duration, _ body: @escaping @Sendable () -> Void) {
        if pause > .zero {
            eventLoop.scheduleTask(in: TimeAmount(pause), body)
        } else if eventLoop.inEventLoop, afterReading.value != nil {
            afterReading.value?.append(body)
        } else {
            eventLoop.execute(body)
        }
    }

    /// Whether a channel lives on the loop.
    func has(_ channel: any Channel) -> Bool { channel.eventLoop === eventLoop }

    /// A connection is being read; called on the loop.
    func beginReading() {
        if afterReading.value == nil { afterReading.value = [] }
    }

    /// What has arrived was taken; called on the loop.
    func endReading() {
        guard let bodies = afterReading.value else { return }
        afterReading.value = nil
        for body in bodies { body() }
    }
}
