import NIOCore
import NIOHTTP1
import NIOHTTP2

/// Queries as requests over HTTP/2, each with a stream to itself (RFC 8484).
final class HTTPCarrier: UpstreamCarrier, ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    private let target: UpstreamTarget
    private let method: ForwardConfiguration.HTTPMethod
    private weak var connection: UpstreamConnection?
    private var multiplexer: NIOHTTP2Handler.StreamMultiplexer?
    private var exchanges: [UInt16: HTTPExchange] = [:]
    private let budget = HTTPBudget()

    init(_ target: UpstreamTarget, _ method: ForwardConfiguration.HTTPMethod) {
        self.target = target
        self.method = method
    }

    func begin(on channel: any Channel, for connection: UpstreamConnection) throws {
        self.connection = connection
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings.append(HTTP2Setting(parameter: .enablePush, value: 0))
        let pipeline = channel.pipeline.syncOperations
        multiplexer = try pipeline.configureHTTP2Pipeline(
            mode: .client, connectionConfiguration: configuration, streamConfiguration: .init()
        ) { stream in
            stream.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        try pipeline.addHandler(self)
    }

    // MARK: Queries

    func send(_ query: [UInt8], id: UInt16) {
        let request = HTTPMessage(query, to: target, method)
        let exchange = HTTPExchange(request, budget) { [weak self] in self?.ended(id, $0) }
        exchanges[id] = exchange
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
        exchanges.removeValue(forKey: id)?.cancel()
    }

    private func ended(_ id: UInt16, _ outcome: HTTPExchange.Outcome) {
        switch outcome {
        case .response(let result):
            exchanges[id] = nil
            connection?.received(result, for: id)
        case .lost:
            exchanges[id] = nil
            connection?.lost(id)
        case .late: connection?.heard()
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

    private func end() {
        let connection = connection
        self.connection = nil
        connection?.lost()
    }
}
