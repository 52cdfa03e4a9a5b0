import Corefile
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix

/// Runs the Hummingbird server behind an ``HTTPEndpoint``.
enum HTTPListener {
    /// Connections at a time; more wait in the kernel.
    private static let maximumConnections = 64
    /// How long a connection may be silent, as in CoreDNS.
    private static let idleTime = TimeAmount.seconds(5)
    /// How long a connection may last whatever it does, so that a slow sender cannot hold one of the few for ever.
    private static let lifetime = TimeAmount.seconds(60)

    /// Starts a server.
    ///
    /// - Returns: the task that runs it, which ends when it is cancelled, and where it listens.
    /// - Throws: why it cannot listen.
    static func start(
        at address: HostPort, for endpoint: HTTPEndpoint
    ) async throws -> (server: Task<Void, Never>, bound: HostPort) {
        let (events, continuation) = AsyncStream.makeStream(of: Result<Int, any Error>.self)
        let application = application(at: address, for: endpoint) { channel in
            continuation.yield(.success(channel.localAddress?.port ?? address.port))
        }
        let server = Task {
            do {
                try await application.run()
            } catch {
                continuation.yield(.failure(error))
            }
            continuation.finish()
        }
        for await event in events {
            return (server, HostPort(host: address.host, port: try event.get()))
        }
        throw CancellationError()
    }

    private static func application(
        at address: HostPort, for endpoint: HTTPEndpoint, onRunning: @escaping @Sendable (any Channel) -> Void
    ) -> some ApplicationProtocol {
        // Weak, since the endpoint holds the task that holds the server.
        let responder = CallbackResponder<BasicRequestContext> { [weak endpoint] request, _ in
            guard request.method == .get || request.method == .head else { return response(.notAllowed, hasBody: true) }
            return response(endpoint?.reply(to: request.uri.path) ?? .notFound, hasBody: request.method == .get)
        }
        let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: 8_192, maxHeaderListSize: 16_384, maxHeaderFieldCount: 64)
        // The library's own lines say nothing that the caller does not say.
        var logger = Logger(label: "http")
        logger.logLevel = .critical
        return Application(
            responder: responder,
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [ConnectionLifetime(lifetime)], idleTimeout: idleTime,
                    httpDecoderConfiguration: decoder)),
            configuration: .init(
                address: .hostname(address.host, port: address.port),
                availableConnectionsDelegate: MaximumAvailableConnections(maximumConnections, logger: logger)),
            onServerRunning: { onRunning($0) },
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), logger: logger)
    }

    private static func response(_ reply: HTTPReply, hasBody: Bool) -> Response {
        let headers: HTTPFields = [.contentType: reply.contentType, .contentLength: "\(reply.body.count)"]
        let body = hasBody ? ResponseBody(byteBuffer: ByteBuffer(bytes: reply.body)) : ResponseBody()
        return Response(status: .init(code: reply.status), headers: headers, body: body)
    }
}

/// Closes a connection some time after it was opened.
private final class ConnectionLifetime: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let lifetime: TimeAmount
    private var end: Scheduled<Void>?

    init(_ lifetime: TimeAmount) {
        self.lifetime = lifetime
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        end = context.eventLoop.scheduleTask(in: lifetime) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end?.cancel()
    }
}
