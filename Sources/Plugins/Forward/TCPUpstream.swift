import DNSServer
import NIOCore
import NIOPosix

/// The TCP connections to one upstream, shared by all workers.
///
/// Queries are pipelined: they are told apart by their IDs, and replies may come in any order. An idle connection is taken
/// first; when none is idle another is opened, up to ``maximumConnections``; then the one with the fewest queries is used.
///
/// Unchecked Sendable: its variables are touched on its event loop only.
final class TCPUpstream: @unchecked Sendable {
    let address: DNSServer.SocketAddress
    let expire: TimeAmount
    private let countRequest: @Sendable (_ isReused: Bool) -> Void
    private var connections: [TCPUpstreamConnection] = []
    private var isClosed = false

    static let maximumConnections = 8
    /// One for all upstreams, made when the first query goes over TCP.
    private static let eventLoop = MultiThreadedEventLoopGroup.singleton.next()

    /// - Parameter countRequest: called for each query; whether its connection was open already.
    init(
        _ address: DNSServer.SocketAddress, expire: Duration,
        countRequest: @escaping @Sendable (_ isReused: Bool) -> Void
    ) {
        self.address = address
        self.expire = TimeAmount(expire)
        self.countRequest = countRequest
    }

    // MARK: From any thread

    /// Sends `request`, whose completion is called when there is a reply or no hope.
    func send(_ request: TCPRequest) {
        Self.eventLoop.execute { self.start(request) }
    }

    /// Forgets `request`, for which nobody waits any more.
    func cancel(_ request: TCPRequest) {
        Self.eventLoop.execute {
            guard !request.isDone else { return }
            request.cancel()
            request.connection?.abandon(request)
        }
    }

    /// Closes all connections; queries on them fail.
    func close() {
        Self.eventLoop.execute {
            self.isClosed = true
            for connection in self.connections { connection.close() }
        }
    }

    // MARK: On the event loop

    private func start(_ request: TCPRequest) {
        guard !request.isDone else { return }
        guard !isClosed else { return request.complete(.failure(.disconnected)) }
        let least = connections.min { $0.pendingCount < $1.pendingCount }
        if let least, least.pendingCount == 0 || connections.count >= Self.maximumConnections {
            if !request.wasResent { countRequest(true) }
            return least.send(request)
        }
        if !request.wasResent { countRequest(false) }
        let connection = TCPUpstreamConnection(self, Self.eventLoop)
        connections.append(connection)
        connection.send(request)
        connection.open()
    }

    /// Sends again what was on a connection that the upstream closed between two queries.
    func resend(_ requests: [TCPRequest]) {
        for request in requests {
            request.wasResent = true
            start(request)
        }
    }

    func remove(_ connection: TCPUpstreamConnection) {
        connections.removeAll { $0 === connection }
    }
}
