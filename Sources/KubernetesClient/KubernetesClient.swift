import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL

/// Reads from one cluster's API server.
///
/// It owns the connections to that API server; call `shutdown` before letting go of it.
package final class KubernetesClient: Sendable {
    /// How long to wait for the API server.
    package struct Timeouts: Sendable {
        /// For a connection, TLS included.
        ///
        /// Short, so that an API server that comes back is found within two seconds although the kernel repeats a lost
        /// packet after one second, then two.
        package var connect = Duration.seconds(3)
        /// For the head of a reply.
        package var reply = Duration.seconds(30)
        /// For the next bytes of a body.
        ///
        /// Above the minute in which an API server sends a bookmark on a quiet watch.
        package var idle = Duration.seconds(100)

        /// Creates the default times.
        package init() {}
    }

    let http: HTTPClient
    let credentials: RequestCredentials
    let observer: any ClientObserver
    let clock: ClientClock
    let timeouts: Timeouts
    let abilities = ServerAbilities()
    private let bodies = DirectBodies()
    private let gate: RequestGate
    private let access: ClusterAccess
    private let userAgent: String

    /// Creates a client.
    ///
    /// Nothing is sent yet.
    ///
    /// - Parameters:
    ///   - version: our version, for the `User-Agent`.
    /// - Throws: `unreadableFile`, `invalidCertificate`.
    package init(
        access: ClusterAccess, version: String, observer: any ClientObserver = NoObserver(),
        limits: RequestLimits = RequestLimits(), timeouts: Timeouts = Timeouts(), clock: ClientClock = .system
    ) throws(ClusterAccessError) {
        self.access = access
        self.observer = observer
        self.timeouts = timeouts
        self.clock = clock
        gate = RequestGate(limits, clock: clock)
        userAgent = "Needletail/\(version)"
        credentials = try RequestCredentials(access: access, now: clock.now())
        http = HTTPClient(
            eventLoopGroupProvider: .shared(ClusterLoop.shared.group),
            configuration: Self.configuration(access: access, timeouts: timeouts, bodies: bodies))
    }

    /// Host and port of the API server.
    package var host: String { access.server.authority }

    /// Ends all requests and closes the connections.
    package func shutdown() async {
        // The only error is that it was shut down before.
        try? await http.shutdown()
    }

    /// Sends a request, and has the body of its reply read.
    ///
    /// - Parameters:
    ///   - body: takes the body of a successful reply, in place of the response; the response ends when it does.
    ///   - read: reads the body of a successful reply.
    /// - Throws: `refused` for any status but 200, `unreachable`, `timedOut`, `noCredentials`, and what `read` throws.
    func send<Answer>(
        _ request: APIRequest, body: DirectBody? = nil,
        read: (HTTPClientResponse) async throws(APIFailure) -> Answer
    ) async throws(APIFailure) -> Answer {
        let name = body.map(bodies.add)
        // A request that did not get so far has left it.
        defer { if let name { bodies.remove(name) } }
        let response = try await throughGate(request, body: name)
        // Once a watch is open it is no more in anybody's way.
        if request.operation == .watch { gate.leave() }
        defer { if request.operation != .watch { gate.leave() } }
        guard response.status == .ok else { throw await refusal(response) }
        return try await read(response)
    }

    /// Sends a request when its time has come; when that succeeds it has yet to leave the gate.
    private func throughGate(_ request: APIRequest, body: String?) async throws(APIFailure) -> HTTPClientResponse {
        let asked = clock.now()
        try await gate.enter(request.operation)
        let start = clock.now()
        if request.operation != .watch {
            observer.requestWaited(
                operation: request.operation, method: "GET", host: host, duration: start - asked)
        }
        do throws(APIFailure) {
            let response = try await execute(request, body: body, now: start)
            report(request, code: String(response.status.code), since: start)
            return response
        } catch {
            gate.leave()
            report(request, code: "<error>", since: start)
            throw error
        }
    }

    private func report(_ request: APIRequest, code: String, since start: Duration) {
        observer.requestFinished(
            RequestReport(
                operation: request.operation, method: "GET", host: host, code: code, duration: clock.now() - start))
    }

    private func execute(
        _ request: APIRequest, body: String?, now: Duration
    ) async throws(APIFailure) -> HTTPClientResponse {
        var message = HTTPClientRequest(
            url: access.server.url(path: request.path, query: request.query, host: access.serverName))
        message.tlsConfiguration = credentials.tlsConfiguration(now: now)
        message.headers.add(name: "Host", value: host)
        message.headers.add(name: "Accept", value: request.accept)
        message.headers.add(name: "User-Agent", value: userAgent)
        if let body { message.headers.add(name: DirectBodies.header, value: body) }
        if let token = try credentials.token(now: now) {
            message.headers.add(name: "Authorization", value: "Bearer \(token)")
        }
        do {
            return try await http.execute(message, timeout: TimeAmount(timeouts.reply))
        } catch {
            // A certificate may have been replaced on disk; a wrong guess costs one reading of a few files.
            credentials.rejectCertificates(now: now)
            throw APIFailure(error)
        }
    }

    /// What a reply other than success says.
    private func refusal(_ response: HTTPClientResponse) async -> APIFailure {
        if response.status == .unauthorized { credentials.rejectToken() }
        let code = Int(response.status.code)
        var refusal = APIRefusal(code: code, reason: response.status.reasonPhrase)
        if let body = try? await response.body.collect(upTo: 1 << 16), case .refused(let told)? = status(response, body)
        {
            if !told.reason.isEmpty { refusal.reason = told.reason }
            refusal.message = told.message
            refusal.retryAfter = told.retryAfter
        }
        if let seconds = response.headers.first(name: "Retry-After").flatMap({ Int($0) }) {
            refusal.retryAfter = APIRefusal.pause(seconds: seconds)
        }
        return .refused(refusal)
    }

    /// The API's own words in the body of a refusal, if it is one of the API.
    private func status(_ response: HTTPClientResponse, _ body: ByteBuffer) -> APIFailure? {
        let code = Int(response.status.code)
        if MediaType.isProtobuf(response.headers.first(name: "Content-Type")) {
            return (try? ProtobufEnvelope.open(ProtoStatus.self, in: body))?.failure(code: code)
        }
        return (try? JSONReader.read(StatusForm.self, from: body.readableBytesView))?.failure(code: code)
    }
}
