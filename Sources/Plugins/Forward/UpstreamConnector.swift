import DNSServer
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import TLSIdentity

/// Makes connections to an upstream, and agrees on TLS where it is secure.
enum UpstreamConnector {
    private static let connectTime = TimeAmount.seconds(2)
    /// Queries wait at their connection, and no longer in its buffers, once so many octets wait for the upstream to read them.
    private static let writeBuffer = ChannelOptions.Types.WriteBufferWaterMark(low: 8_192, high: 16_384)

    /// A connection that is ready to carry queries, with no handlers yet but those of TLS.
    static func connect(_ settings: StreamSettings) -> EventLoopFuture<any Channel> {
        let ready = StreamLoop.shared.makePromise(of: (any Channel).self)
        let isSecure = settings.target.transport.isSecure
        var bootstrap = ClientBootstrap(group: StreamLoop.shared)
            .connectTimeout(connectTime)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.writeBufferWaterMark, value: writeBuffer)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if isSecure { try secure(channel, settings, ready) }
                }
            }
        if let source = settings.source { bootstrap = bootstrap.bind(to: NIOCore.SocketAddress(source)) }
        bootstrap.connect(to: NIOCore.SocketAddress(settings.target.address)).whenComplete { result in
            switch result {
            case .failure(let error): ready.fail(error)
            // The handshake ends in one way or another.
            case .success where isSecure: break
            case .success(let channel): ready.succeed(channel)
            }
        }
        return ready.futureResult
    }

    private static func secure(
        _ channel: any Channel, _ settings: StreamSettings, _ ready: EventLoopPromise<any Channel>
    ) throws {
        let transport = settings.target.transport
        guard let context = settings.tls?.context(for: transport) else { throw UpstreamConnectorError.noContext }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: transport.certificateName))
        try pipeline.addHandler(HandshakeHandler(settings, ready))
    }
}

/// Why a connection that was made is of no use.
enum UpstreamConnectorError: Error {
    /// There is nothing to agree on TLS with.
    case noContext
    case slowHandshake
    case endedHandshake
    /// The server does not speak HTTP/2.
    case noHTTP
}

/// Waits until TLS is agreed upon, with the server that was meant.
private final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let settings: StreamSettings
    private let ready: EventLoopPromise<any Channel>
    private var timer: Scheduled<Void>?
    private var isDone = false

    init(_ settings: StreamSettings, _ ready: EventLoopPromise<any Channel>) {
        self.settings = settings
        self.ready = ready
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(settings.handshakeTime)) {
            self.end(.failure(UpstreamConnectorError.slowHandshake), channel)
        }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let agreed) = event as? TLSUserEvent {
            end(Result { try check(context.channel, agreed) }, context.channel)
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func check(_ channel: any Channel, _ agreed: String?) throws {
        let transport = settings.target.transport
        try ServerIdentity.check(transport.certificateName, on: channel)
        guard !transport.speaksHTTP || agreed == UpstreamTLS.http2 else { throw UpstreamConnectorError.noHTTP }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isDone { context.fireErrorCaught(error) } else { end(.failure(error), context.channel) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.failure(UpstreamConnectorError.endedHandshake), context.channel)
        context.fireChannelInactive()
    }

    private func end(_ result: Result<Void, any Error>, _ channel: any Channel) {
        guard !isDone else { return }
        isDone = true
        timer?.cancel()
        switch result {
        case .success: ready.succeed(channel)
        case .failure(let error):
            ready.fail(error)
            channel.close(promise: nil)
        }
    }
}
