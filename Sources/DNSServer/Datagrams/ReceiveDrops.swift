import CDatagram
import Synchronization

/// Datagrams that the kernel threw away because a socket's queue was full: asked for at each scrape, so that counting costs a query
/// nothing.
final class ReceiveDrops: Sendable {
    private struct State {
        var open: Set<Int32> = []
        /// Those of sockets that are closed.
        var former: UInt64 = 0
    }

    private let state = Mutex(State())

    /// All since the start.
    var total: UInt64 {
        // Under the lock nobody closes a socket whose number another may get.
        state.withLock { state in state.open.reduce(state.former) { $0 &+ Self.drops(of: $1) } }
    }

    /// A socket that counts from now on.
    func opened(_ fd: Int32) {
        state.withLock { _ = $0.open.insert(fd) }
    }

    /// The socket is about to be closed.
    func closing(_ fd: Int32) {
        state.withLock { state in
            guard state.open.remove(fd) != nil else { return }
            state.former &+= Self.drops(of: fd)
        }
    }

    private static func drops(of fd: Int32) -> UInt64 {
        var drops: UInt32 = 0
        return unsafe cdg_udp_drops(fd, &drops) == 0 ? UInt64(drops) : 0
    }
}
