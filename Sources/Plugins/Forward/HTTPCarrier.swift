import DNSServer
import NIOCore
import NIOHTTP1
import NIOHTTP2

/// Queries as requests over HTTP/2, each with a stream to itself (RFC 8484).
///
/// What the upstream does not read (its window is shut, RFC 9113 §5.2) waits in buffers of the streams, so that only so many octets
/// of requests are taken at a time. Streams whose query was given up are taken back to make room.
final class HTTPCarrier: UpstreamCarrier, ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    private let target: UpstreamTarget
    private let method: ForwardConfiguration.HTTPMethod
    private weak var connection: UpstreamConnection?
    private var multiplexer: NIOHTTP2Handler.StreamMultiplexer?
    private var frames: HTTPFrameGuard?
    private var exchanges: [UInt16: HTTPExchange] = [:]
    /// Those whose query was given up, the oldest first; ended ones are passed over.
    private var late = CircularBuffer<HTTPExchange>()
    /// Streams that have not ended.
    private var streams = 0
    /// Octets of requests that were not yet sent.
    private var unwritten = 0
    private let budget = HTTPBudget()

    /// A hundred queries and as many late responses; servers allow a hundred or more streams at a time.
    private static let mostStreams = 256
    private static let mostUnwritten = 16_384

    init(_ target: UpstreamTarget, _ method: ForwardConfiguration.HTTPMethod) {
        self.target = target
        self.method = method
    }

    func begin(on channel: any Channel, for connection: UpstreamConnection) throws {
        self.connection = connection
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings.append(HTTP2Setting(parameter: .enablePush, value: 0))
        let pipeline = channel.pipeline.syncOperations
        let frames = HTTPFrameGuard { [weak self] in self?.flooded() }
        try pipeline.addHandler(frames)
        self.frames = frames
        multiplexer = try pipeline.configureHTTP2Pipeline(
            mode: .client, connectionConfiguration: configuration, streamConfiguration: .init()
        ) { stream in
            stream.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        try pipeline.addHandler(self)
    }

    // MARK: Queries

    var hasRoom: Bool {
        multiplexer != nil && unwritten < Self.mostUnwritten && (streams < Self.mostStreams || !late.isEmpty)
    }

    func send(_ request: TCPRequest, id: UInt16) {
        let message = HTTPMessage(request.message, to: target, method)
        let exchange = HTTPExchange(message, budget, id: id, reservation: request.reservation, for: self)
        exchanges[id] = exchange
        streams += 1
        unwritten += message.size
        frames?.addRequest()
        if streams > Self.mostStreams { takeBackOldest() }
        let bound = NIOLoopBound(exchange, eventLoop: StreamLoop.shared)
        multiplexer?.createStreamChannel { stream in
            stream.eventLoop.makeCompletedFuture {
                let pipeline = stream.pipeline.syncOperations
                try pipeline.addHandler(HTTP2FramePayloadToHTTP1ClientCodec(httpProtocol: .https))
                try pipeline.addHandler(bound.value)
            }
        }.assumeIsolated().whenFailure { _ in bound.value.fail() }
    }

    func drop(_ id: UInt16) {
        guard let exchange = exchanges.removeValue(forKey: id) else { return }
        exchange.cancel()
        if !exchange.isGone { late.append(exchange) }
        while let oldest = late.first, oldest.isGone { late.removeFirst() }
    }

    private func takeBackOldest() {
        while let oldest = late.popFirst() {
            if !oldest.isGone { return oldest.takeBack() }
        }
    }

    // MARK: The connection

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // The server will take no more requests over this connection.
        if case .goAway = unwrapInboundIn(data).payload { connection?.retire() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What is wrong with one stream is told to it.
        if error is NIOHTTP2Errors.StreamError { return }
        end()
    }

    private func flooded() {
        connection?.misbehaved(.refused("HTTP/2 frames without end"))
        end()
    }

    private func end() {
        let connection = connection
        self.connection = nil
        connection?.lost()
    }
}

// MARK: What exchanges tell

extension HTTPCarrier: HTTPExchangeOwner {
    func ended(_ exchange: HTTPExchange, _ outcome: HTTPExchange.Outcome) {
        if exchanges[exchange.id] === exchange { exchanges[exchange.id] = nil }
        switch outcome {
        case .response(let result): connection?.received(result, for: exchange.id)
        case .lost: connection?.lost(exchange.id)
        case .late: connection?.heard()
        }
    }

    func wroteRequest(_ exchange: HTTPExchange) {
        unwritten -= exchange.request.size
        connection?.goOn()
    }

    func streamEnded(_ exchange: HTTPExchange) {
        streams -= 1
        connection?.goOn()
    }
}
