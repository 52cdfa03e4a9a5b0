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
    /// Whether the next reading is the library's affair, as it is after whatever it heard of.
    private var isLibrarysTurn = true
    private let isOnClusterLoop: Bool
    private var context: ChannelHandlerContext?

    /// - Parameter patience: how long the library waits for the next octets of a body.
    init(_ bodies: DirectBodies, patience: Duration, isOnClusterLoop: Bool) {
        self.bodies = bodies
        self.isOnClusterLoop = isOnClusterLoop
        silence = TimeAmount(patience / 10)
    }

    /// Adds a handler to a new connection of the library.
    static func add(to channel: any Channel, _ bodies: DirectBodies, patience: Duration) throws {
        let pipeline = channel.pipeline.syncOperations
        let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)
        let handler = DirectBodyHandler(bodies, patience: patience, isOnClusterLoop: ClusterLoop.shared.has(channel))
        try pipeline.addHandler(handler, position: .after(parser))
        try pipeline.addHandler(Reads(handler), position: .last)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        endReading()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(var head) = unwrapOutboundIn(data), let name = head.headers.first(name: DirectBodies.header)
        else { return context.write(data, promise: promise) }
        wanted = bodies.remove(name)
        head.headers.remove(name: DirectBodies.header)
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }

    // MARK: What arrives

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            body = head.status == .ok ? wanted : nil
            heard = .now()
        case .body(let piece):
            guard let body else { break }
            if isOnClusterLoop { ClusterLoop.shared.beginReading() }
            let now = NIODeadline.now()
            guard body.take(piece) || now - heard >= silence else { return }
            heard = now
            return tellLibrary(wrapInboundOut(.body(ByteBuffer())), context)
        case .end: (wanted, body) = (nil, nil)
        }
        tellLibrary(data, context)
    }

    private func tellLibrary(_ data: NIOAny, _ context: ChannelHandlerContext) {
        (isHeard, isLibrarysTurn) = (true, true)
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        endReading()
        defer { isHeard = false }
        if isHeard || body == nil { context.fireChannelReadComplete() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        endReading()
        context.fireChannelInactive()
    }

    private func endReading() {
        if isOnClusterLoop { ClusterLoop.shared.endReading() }
    }

    // MARK: Reading on

    func read(context: ChannelHandlerContext) {
        isLibrarysTurn = false
        guard let body else { return context.read() }
        let loop = NIOLoopBound(context, eventLoop: context.eventLoop)
        guard body.mayRead({ loop.value.read() }) else { return }
        context.read()
    }

    /// Reads on without asking the library, which has no say while the body does not go to it.
    ///
    /// - Returns: whether that is so.
    private func readByItself() -> Bool {
        guard let context, body != nil, !isLibrarysTurn else { return false }
        read(context: context)
        return true
    }

    /// Stands behind the library, where a channel's wish to read on begins its way.
    private final class Reads: ChannelOutboundHandler {
        typealias OutboundIn = Any

        private let handler: DirectBodyHandler

        init(_ handler: DirectBodyHandler) {
            self.handler = handler
        }

        func read(context: ChannelHandlerContext) {
            if !handler.readByItself() { context.read() }
        }
    }
}
