import NIOCore

/// The connections to one upstream over TCP, or over TLS (RFC 7858).
///
/// Queries are pipelined: they are told apart by their IDs, and replies may come in any order. An idle connection is taken
/// first; when none is idle another is opened, up to ``maximumConnections``; then the one with the fewest queries is used.
///
/// Unchecked Sendable: its variables are touched on its event loop only.
final class TCPUpstream: StreamUpstream, @unchecked Sendable {
    let settings: StreamSettings
    private let countRequest: @Sendable (_ isReused: Bool) -> Void
    private var connections: [TCPUpstreamConnection] = []
    private var isClosed = false

    static let maximumConnections = 8

    /// - Parameter countRequest: called for each query but probes; whether its connection was open already.
    init(_ settings: StreamSettings, countRequest: @escaping @Sendable (_ isReused: Bool) -> Void) {
        self.settings = settings
        self.countRequest = countRequest
    }

    // MARK: From any thread

    func send(_ request: TCPRequest) {
        StreamLoop.shared.execute { self.start(request) }
    }

    func close() {
        StreamLoop.shared.execute {
            self.isClosed = true
            for connection in self.connections { connection.close() }
        }
    }

    // MARK: On the event loop

    private func start(_ request: TCPRequest) {
        guard !request.isDone else { return }
        guard !isClosed else { return request.complete(.failure(.disconnected)) }
        let usable = connections.filter { !$0.isRetired }
        let least = usable.min { $0.pendingCount < $1.pendingCount }
        if let least, least.pendingCount == 0 || usable.count >= Self.maximumConnections {
            count(request, isReused: true)
            return least.send(request)
        }
        count(request, isReused: false)
        let connection = TCPUpstreamConnection(self)
        connections.append(connection)
        connection.send(request)
        connection.open()
    }

    private func count(_ request: TCPRequest, isReused: Bool) {
        if !request.wasResent, !request.isProbe { countRequest(isReused) }
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

    /// Whether `connection`, which has nothing to do, is one more than may be kept so.
    func isSurplus(_ connection: TCPUpstreamConnection) -> Bool {
        guard settings.maximumIdle > 0 else { return false }
        let idle = connections.count { $0 !== connection && $0.pendingCount == 0 && !$0.isRetired }
        return idle >= settings.maximumIdle
    }
}
