import AsyncHTTPClient
import DNSServer
import NIOCore
import NIOHTTP1

/// An HTTP client for one upstream, with the queries that wait for their responses.
///
/// Over HTTP/2 there is one connection, with a stream for each query. Upstreams that only know HTTP/1.1 get as many connections
/// as there are queries at a time, up to ``maximumConnections``.
///
/// Unchecked Sendable: its variables are touched on its event loop only.
final class HTTPSSession: @unchecked Sendable {
    enum Event {
        /// It takes no more queries.
        case retired
        /// It has closed its connections.
        case ended
        /// A connection that had served was lost, and with it the query, which can be sent again.
        case lost(TCPRequest)
    }

    static let maximumConnections = 8
    private static let connectTime = TimeAmount.seconds(3)
    /// Beyond what any query is given.
    private static let longestTime = TimeAmount.seconds(10)

    private let settings: StreamSettings
    private let url: String
    private let client: HTTPClient
    private let connections: HTTPSConnections
    private let tell: (HTTPSSession, Event) -> Void
    private var waiting: [ObjectIdentifier: TCPRequest] = [:]
    private var stall = StallWatch()
    private var isRetired = false
    private var isEnding = false

    init(_ settings: StreamSettings, tell: @escaping (HTTPSSession, Event) -> Void) {
        self.settings = settings
        self.tell = tell
        url = HTTPSMessage.url(settings.target)
        connections = HTTPSConnections(age: settings.age)
        client = HTTPClient(
            eventLoopGroupProvider: .shared(StreamLoop.shared),
            configuration: Self.configuration(settings, connections))
        connections.whenAged = { [weak self] in self?.retire() }
    }

    private static func configuration(
        _ settings: StreamSettings, _ connections: HTTPSConnections
    ) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: settings.tls?.configuration, redirectConfiguration: .disallow,
            timeout: .init(connect: connectTime))
        configuration.connectionPool.idleTimeout = TimeAmount(settings.expire)
        // The next attempt is the query's own affair.
        configuration.connectionPool.retryConnectionEstablishment = false
        let idle = settings.maximumIdle > 0 ? settings.maximumIdle : maximumConnections
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = min(maximumConnections, idle)
        if let name = settings.target.transport.certificateName {
            configuration.dnsOverride = [name: settings.target.address.host]
        }
        configuration.localAddress = settings.source?.host
        configuration.http1_1ConnectionDebugInitializer = connections.observe
        configuration.http2ConnectionDebugInitializer = connections.observe
        return configuration
    }

    /// Whether a query finds a connection open.
    var isConnected: Bool { connections.count > 0 }

    // MARK: Queries

    func send(_ request: TCPRequest) {
        stall.sent(isAlone: waiting.isEmpty, at: .now())
        waiting[ObjectIdentifier(request)] = request
        let wasConnected = isConnected
        let (client, message) = (client, HTTPSMessage.request(request.message, to: url, settings.httpMethod))
        let task = Task {
            let result = await Self.exchange(message, client)
            StreamLoop.shared.execute { self.finish(request, result, wasConnected: wasConnected) }
        }
        request.abandon = { [weak self] in
            task.cancel()
            self?.abandon(request)
        }
    }

    /// Sends a request and collects the response.
    private static func exchange(
        _ request: HTTPClientRequest, _ client: HTTPClient
    ) async -> Result<[UInt8], any Error> {
        do {
            let response = try await client.execute(request, timeout: longestTime)
            try HTTPSMessage.check(status: response.status, response.headers)
            let body = try await response.body.collect(upTo: HTTPSMessage.limit)
            return .success(Array(body.readableBytesView))
        } catch {
            return .failure(error)
        }
    }

    private func finish(_ request: TCPRequest, _ result: Result<[UInt8], any Error>, wasConnected: Bool) {
        guard waiting.removeValue(forKey: ObjectIdentifier(request)) != nil else { return }
        switch result {
        case .success(let message):
            stall.heard()
            request.complete(.success(message))
        case .failure(let failure as TCPFailure):
            stall.heard()
            request.complete(.failure(failure))
        case .failure(is NIOTooManyBytesError):
            stall.heard()
            request.complete(.failure(.refused("HTTP response longer than a DNS message")))
        case .failure where wasConnected && !request.wasResent && !isEnding:
            tell(self, .lost(request))
        case .failure(let error):
            request.complete(.failure(.noConnection(TCPFailure.reason(error))))
        }
        endIfDone()
    }

    /// A query was given up.
    private func abandon(_ request: TCPRequest) {
        waiting[ObjectIdentifier(request)] = nil
        guard isConnected, stall.isStalled(at: .now()) else { return endIfDone() }
        retire()
        let others = waiting.values.filter { !$0.isDone }
        waiting = [:]
        for other in others {
            if other.wasResent { other.complete(.failure(.disconnected)) } else { tell(self, .lost(other)) }
        }
        end()
    }

    // MARK: The end

    /// Takes no more queries, and closes after the last response.
    private func retire() {
        guard !isRetired else { return }
        isRetired = true
        tell(self, .retired)
        endIfDone()
    }

    /// Closes; what waits fails.
    func close() {
        let requests = waiting.values
        waiting = [:]
        for request in requests { request.complete(.failure(.disconnected)) }
        end()
    }

    private func endIfDone() {
        if isRetired, waiting.isEmpty { end() }
    }

    /// Closes all connections; what is still under way over them comes to nothing.
    private func end() {
        guard !isEnding else { return }
        isEnding = true
        connections.whenAged = nil
        let client = client
        Task {
            // The only error is that it was shut down before.
            try? await client.shutdown()
            StreamLoop.shared.execute { self.tell(self, .ended) }
        }
    }
}

/// The connections that an HTTP client has open.
///
/// Unchecked Sendable: its variables are touched on its event loop only.
final class HTTPSConnections: @unchecked Sendable {
    private(set) var count = 0
    private let age: TimeAmount?
    private var timer: Scheduled<Void>?
    /// Called when the first of them has been open for its time.
    var whenAged: (() -> Void)?

    init(age: TimeAmount?) {
        self.age = age
    }

    /// Counts a new connection, until it is closed.
    @Sendable
    func observe(_ channel: any Channel) -> EventLoopFuture<Void> {
        channel.closeFuture.whenComplete { _ in
            StreamLoop.shared.execute { self.closed() }
        }
        StreamLoop.shared.execute { self.opened() }
        return channel.eventLoop.makeSucceededVoidFuture()
    }

    private func opened() {
        count += 1
        guard count == 1, let age else { return }
        timer = StreamLoop.shared.scheduleTask(in: age) { self.whenAged?() }
    }

    private func closed() {
        count -= 1
        guard count == 0 else { return }
        timer?.cancel()
        timer = nil
    }
}
