import NIOCore
import NIOHTTP1

/// Leads the bodies of replies past the HTTP library to those who want them directly.
///
/// It stands in a connection's pipeline between the parsing of HTTP and the library. A reply without success goes the ordinary way, whatever
/// was wanted.
final class DirectBodyHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    private let bodies: DirectBodies
    /// How long the library may hear nothing of a body that arrives: well below its patience with one that does not.
    private let silence: TimeAmount
    /// The body that the reply to the present request goes to.
    private var wanted: DirectBody?
    /// The same once the reply is seen to be a success.
    private var body: DirectBody?
    /// When the library heard last of the body.
    private var heard = NIODeadline.distantPast
    /// Whether the library heard of the reading that is going on.
    private var isHeard = false

    /// - Parameter patience: how long the library waits for the next octets of a body.
    init(_ bodies: DirectBodies, patience: Duration) {
        self.bodies = bodies
        silence = TimeAmount(patience / 10)
    }

    /// Adds a handler to a new connection of the library.
    static func add(to channel: any Channel, _ bodies: DirectBodies, patience: Duration) throws {
        let pipeline = channel.pipeline.syncOperations
        let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)
        try pipeline.addHandler(DirectBodyHandler(bodies, patience: patience), position: .after(parser))
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(var head) = unwrapOutboundIn(data), let name = head.headers.first(name: DirectBodies.header)
        else { return context.write(data, promise: promise) }
        wanted = bodies.remove(name)
        head.headers.remove(name: DirectBodies.header)
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            body = head.status == .ok ? wanted : nil
            heard = .now()
        case .body(let piece):
            guard let body else { break }
            return take(piece, for: body, context)
        case .end: (wanted, body) = (nil, nil)
        }
        isHeard = true
        context.fireChannelRead(data)
    }

    private func take(_ piece: ByteBuffer, for body: DirectBody, _ context: ChannelHandlerContext) {
        let now = NIODeadline.now()
        guard body.take(piece) || now - heard >= silence else { return }
        heard = now
        isHeard = true
        context.fireChannelRead(wrapInboundOut(.body(ByteBuffer())))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        defer { isHeard = false }
        if isHeard || body == nil { context.fireChannelReadComplete() }
    }

    func read(context: ChannelHandlerContext) {
        guard let body else { return context.read() }
        let loop = NIOLoopBound(context, eventLoop: context.eventLoop)
        guard body.mayRead({ loop.value.read() }) else { return }
        context.read()
    }
}
