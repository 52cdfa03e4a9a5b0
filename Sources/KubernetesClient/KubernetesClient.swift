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
        timeouts: Timeouts = Timeouts(), clock: ClientClock = .system
    ) throws(ClusterAccessError) {
        self.access = access
        self.observer = observer
        self.timeouts = timeouts
        self.clock = clock
        userAgent = "Needletail/\(version)"
        credentials = try RequestCredentials(access: access, now: clock.now())
        http = HTTPClient(
            eventLoopGroupProvider: .singleton,
            configuration: Self.configuration(access: access, timeouts: timeouts))
    }

    /// Host and port of the API server.
    package var host: String { access.server.authority }

    /// Ends all requests and closes the connections.
    package func shutdown() async {
        // The only error is that it was shut down before.
        try? await http.shutdown()
    }

    /// Sends a request.
    ///
    /// - Returns: the reply, with its body still to come.
    /// - Throws: `refused` for any status but 200, `unreachable`, `timedOut`, `noCredentials`.
    func send(_ request: APIRequest) async throws(APIFailure) -> HTTPClientResponse {
        let start = clock.now()
        let response: HTTPClientResponse
        do throws(APIFailure) {
            response = try await execute(request, now: start)
        } catch {
            report(request, code: "<error>", since: start)
            throw error
        }
        report(request, code: String(response.status.code), since: start)
        guard response.status == .ok else { throw await refusal(response) }
        return response
    }

    private func report(_ request: APIRequest, code: String, since start: Duration) {
        observer.requestFinished(
            RequestReport(
                operation: request.operation, method: "GET", host: host, code: code, duration: clock.now() - start))
    }

    private func execute(_ request: APIRequest, now: Duration) async throws(APIFailure) -> HTTPClientResponse {
        var message = HTTPClientRequest(
            url: access.server.url(path: request.path, query: request.query, host: access.serverName))
        message.tlsConfiguration = credentials.tlsConfiguration(now: now)
        message.headers.add(name: "Host", value: host)
        message.headers.add(name: "Accept", value: request.mediaType)
        message.headers.add(name: "User-Agent", value: userAgent)
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
        if let body = try? await response.body.collect(upTo: 1 << 16),
            let status = try? JSONDocument.decode(StatusForm.self, from: body),
            case .refused(let told) = status.failure(code: code)
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
}
