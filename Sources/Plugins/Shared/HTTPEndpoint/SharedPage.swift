import DNSServer
import NIOPosix
import Synchronization

/// A page that takes time to make: made one at a time, on a thread of its own, and shared by all who ask for it within half a second.
///
/// However often it is asked for, no more than a fifth of a core goes into it, and neither the event loop of the endpoints nor the
/// threads of Swift's concurrency wait for it.
package final class SharedPage: Sendable {
    /// Takes the page, on any thread.
    package typealias Receiver = @Sendable (HTTPReply) -> Void

    private let clock: @Sendable () -> UInt64
    private let run: @Sendable (@escaping @Sendable () -> Void) -> Void
    private let make: @Sendable () -> HTTPReply
    private let state = Mutex(State())

    private struct State {
        var reply: HTTPReply?
        /// Until when it is given away; nanoseconds.
        var freshUntil: UInt64 = 0
        /// Who waits for the one that is being made.
        var waiting: [Receiver]?
        /// How many were made.
        var count = 0
    }

    /// For how long a page is given away after it was made, in nanoseconds, at least.
    private static let lifetime: UInt64 = 500_000_000
    /// The same as a multiple of the time that it took to make.
    private static let restFactor: UInt64 = 4
    static let pool: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        return pool
    }()

    /// - Parameters:
    ///   - clock: nanoseconds of a clock that only goes on.
    ///   - run: runs a piece of work elsewhere, one after the other; on a thread for all shared pages when it is nil.
    ///   - make: makes the page.
    package init(
        clock: @escaping @Sendable () -> UInt64 = { SystemClock.monotonic },
        run: (@Sendable (@escaping @Sendable () -> Void) -> Void)? = nil, make: @escaping @Sendable () -> HTTPReply
    ) {
        self.clock = clock
        self.run = run ?? { work in Self.pool.submit { _ in work() } }
        self.make = make
    }

    /// Gives the page to `receiver`, at once when there is one that is fresh.
    package func give(to receiver: @escaping Receiver) {
        let now = clock()
        enum Step { case give(HTTPReply), make, wait }
        let step: Step = state.withLock { state in
            if let reply = state.reply, now < state.freshUntil { return .give(reply) }
            let isFirst = state.waiting == nil
            state.waiting = (state.waiting ?? []) + [receiver]
            return isFirst ? .make : .wait
        }
        switch step {
        case .give(let reply): receiver(reply)
        case .make: run { self.makeNow() }
        case .wait: break
        }
    }

    private func makeNow() {
        let start = clock()
        let made = make()
        let end = clock()
        let (rest, overflow) = (end &- start).multipliedReportingOverflow(by: Self.restFactor)
        let (reply, receivers) = state.withLock { state in
            state.count += 1
            var reply = made
            reply.page = state.count
            state.reply = reply
            state.freshUntil = end &+ max(Self.lifetime, overflow ? Self.lifetime : rest)
            defer { state.waiting = nil }
            return (reply, state.waiting ?? [])
        }
        for receiver in receivers { receiver(reply) }
    }
}
