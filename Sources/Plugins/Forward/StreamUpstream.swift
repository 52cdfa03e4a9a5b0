import NIOCore

/// The connections to one upstream, shared by all workers: over TCP, TLS (RFC 7858) or HTTPS (RFC 8484).
///
/// A connection carries many queries at a time, and replies may come in any order. One that has room is taken first; when none
/// has, another is opened, as long as there are fewer than allowed; then the one with the fewest queries is used.
///
/// Unchecked Sendable: its variables are touched on its event loop only.
final class StreamUpstream: @unchecked Sendable {
    let settings: StreamSettings
    private let countRequest: @Sendable (_ isReused: Bool) -> Void
    private var connections: [UpstreamConnection] = []
    private var isClosed = false

    /// - Parameter countRequest: called for each query but probes; whether its connection was open already.
    init(_ settings: StreamSettings, countRequest: @escaping @Sendable (_ isReused: Bool) -> Void) {
        self.settings = settings
        self.countRequest = countRequest
    }

    // MARK: From any thread

    /// Sends `request`, whose completion is called when there is a reply or no hope.
    func send(_ request: TCPRequest) {
        StreamLoop.shared.execute { self.start(request) }
    }

    /// Forgets `request`, for which nobody waits any more.
    func cancel(_ request: TCPRequest) {
        StreamLoop.shared.execute { request.cancel() }
    }

    /// Closes all connections; queries on them fail.
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
        if let least,
            least.pendingCount < settings.queriesPerConnection || usable.count >= settings.maximumConnections
        {
            count(request, isReused: true)
            return least.send(request)
        }
        count(request, isReused: false)
        let connection = UpstreamConnection(self)
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

    func remove(_ connection: UpstreamConnection) {
        connections.removeAll { $0 === connection }
    }

    /// Whether `connection`, which has nothing to do, is one more than may be kept so.
    func isSurplus(_ connection: UpstreamConnection) -> Bool {
        guard settings.maximumIdle > 0 else { return false }
        let idle = connections.count { $0 !== connection && $0.pendingCount == 0 && !$0.isRetired }
        return idle >= settings.maximumIdle
    }
}
