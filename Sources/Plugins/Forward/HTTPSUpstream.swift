import NIOCore

/// The connections to one upstream over HTTPS (RFC 8484).
///
/// They belong to an ``HTTPSSession``, which is replaced when it has served long enough or stalls.
///
/// Unchecked Sendable: its variables are touched on its event loop only.
final class HTTPSUpstream: StreamUpstream, @unchecked Sendable {
    let settings: StreamSettings
    private let countRequest: @Sendable (_ isReused: Bool) -> Void
    private var session: HTTPSSession?
    /// Those that wait for their last replies, too.
    private var sessions: [HTTPSSession] = []
    private var isClosed = false

    /// - Parameter countRequest: called for each query but probes; whether a connection was open already.
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
            self.session = nil
            for session in self.sessions { session.close() }
        }
    }

    // MARK: On the event loop

    private func start(_ request: TCPRequest) {
        guard !request.isDone else { return }
        guard !isClosed else { return request.complete(.failure(.disconnected)) }
        let session = session ?? makeSession()
        if !request.wasResent, !request.isProbe { countRequest(session.isConnected) }
        session.send(request)
    }

    private func makeSession() -> HTTPSSession {
        let session = HTTPSSession(settings) { [weak self] in self?.took($1, $0) }
        self.session = session
        sessions.append(session)
        return session
    }

    private func took(_ event: HTTPSSession.Event, _ session: HTTPSSession) {
        switch event {
        case .retired:
            if self.session === session { self.session = nil }
        case .ended:
            sessions.removeAll { $0 === session }
        case .lost(let request):
            request.wasResent = true
            start(request)
        }
    }
}
