import CDatagram
import DNSWire
import NIOCore
import NIOPosix
import Synchronization

/// A listening TCP address: connections are SwiftNIO's, their queries a worker's.
///
/// Each message is preceded by its length in two octets (RFC 1035 §4.2.2). Queries of one connection are answered as they
/// finish, in any order (RFC 7766 §6.2.1.1).
final class TCPListener: Sendable {
    /// What connections may use.
    struct Limits: Sendable {
        /// Connections at once, at one address.
        var connections = 4_096
        /// Queries of one connection that are being answered at once; reading pauses at the limit.
        var queriesInFlight = 128
        /// A connection without a sign of life is closed.
        var idle = TimeAmount.seconds(10)
    }

    let address: SocketAddress
    /// Which of a worker's tables answers here.
    let id: Int
    private let limits: Limits
    /// The workers that new connections are given to.
    private let workers: Mutex<[Worker]>
    private let connections = Atomic<Int>(0)
    private let nextWorker = Atomic<Int>(0)
    private let channel = Mutex<(any Channel)?>(nil)

    init(address: SocketAddress, id: Int, workers: ArraySlice<Worker>, limits: Limits = Limits()) {
        self.address = address
        self.id = id
        self.workers = Mutex(Array(workers))
        self.limits = limits
    }

    /// Accepts connections on the listening socket `fd`, which it owns from now on.
    func start(fd: Int32, group: any EventLoopGroup) async throws {
        let channel = try await ServerBootstrap(group: group)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { [self] channel in accept(channel) }
            .withBoundSocket(fd)
            .get()
        self.channel.withLock { $0 = channel }
    }

    /// Gives new connections to these workers from now on.
    func use(_ workers: ArraySlice<Worker>) {
        self.workers.withLock { $0 = Array(workers) }
    }

    /// Stops accepting; connections go on until they are idle or their last reply is out.
    func stop() async {
        let channel = self.channel.withLock { channel in
            defer { channel = nil }
            return channel
        }
        try? await channel?.close()
    }

    private func accept(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard connections.add(1, ordering: .relaxed).newValue <= limits.connections else {
            connections.subtract(1, ordering: .relaxed)
            return channel.close()
        }
        channel.closeFuture.whenComplete { [self] _ in connections.subtract(1, ordering: .relaxed) }
        let number = nextWorker.add(1, ordering: .relaxed).oldValue
        let worker = workers.withLock { $0[number % $0.count] }
        let client = Self.address(channel.remoteAddress)
        let server = Self.address(channel.localAddress)
        return channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandlers([
                IdleStateHandler(allTimeout: limits.idle),
                TCPConnectionHandler(
                    worker: worker, listener: id, client: client, server: server,
                    maximumInFlight: limits.queriesInFlight),
            ])
        }
    }

    private static func address(_ address: NIOCore.SocketAddress?) -> SocketAddress {
        guard let address else { return .none }
        return unsafe address.withSockAddr { pointer, _ in
            var raw = cdg_address()
            _ = unsafe cdg_address_copy(pointer, &raw)
            return SocketAddress(raw: raw)
        }
    }
}

/// One connection: cuts the stream into messages, hands them to a worker, and writes what comes back.
private final class TCPConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let worker: Worker
    private let listener: Int
    private let client: SocketAddress
    private let server: SocketAddress
    private let maximumInFlight: Int
    private var stream = ByteBuffer()
    private var inFlight = 0
    private var isHalfClosed = false

    init(worker: Worker, listener: Int, client: SocketAddress, server: SocketAddress, maximumInFlight: Int) {
        self.worker = worker
        self.listener = listener
        self.client = client
        self.server = server
        self.maximumInFlight = maximumInFlight
    }

    func channelActive(context: ChannelHandlerContext) {
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        stream.writeBuffer(&part)
        takeMessages(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        readOn(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        takeMessages(context)
        readOn(context)
    }

    /// Reads again unless enough is under way: a client that sends without taking its replies waits for itself.
    private func readOn(_ context: ChannelHandlerContext) {
        if inFlight < maximumInFlight, context.channel.isWritable, !isHalfClosed { context.read() }
    }

    private func takeMessages(_ context: ChannelHandlerContext) {
        while inFlight < maximumInFlight, context.channel.isWritable,
            let length = stream.getInteger(at: stream.readerIndex, as: UInt16.self),
            stream.readableBytes >= 2 + Int(length)
        {
            stream.moveReaderIndex(forwardBy: 2)
            guard let message = stream.readBytes(length: Int(length)) else { return }
            inFlight += 1
            submit(message, context)
        }
        stream.discardReadBytes()
    }

    private func submit(_ message: [UInt8], _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        let origin = TCPQueryOrigin { reply in
            eventLoop.execute {
                let (handler, context) = bound.value
                handler.answered(reply, context)
            }
        }
        let (listener, client, server) = (self.listener, self.client, self.server)
        worker.execute { worker in
            worker.processStreamed(message, client: client, server: server, listener: listener, origin: origin)
        }
    }

    /// A reply has come back; nil when the query gets none.
    private func answered(_ reply: [UInt8]?, _ context: ChannelHandlerContext) {
        inFlight -= 1
        guard context.channel.isActive else { return }
        if let reply {
            var buffer = context.channel.allocator.buffer(capacity: reply.count + 2)
            buffer.writeInteger(UInt16(clamping: reply.count))
            buffer.writeBytes(reply)
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        }
        takeMessages(context)
        if isHalfClosed, inFlight == 0 {
            context.close(promise: nil)
        } else {
            readOn(context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            context.close(promise: nil)
        } else if let event = event as? ChannelEvent, event == .inputClosed {
            isHalfClosed = true
            if inFlight == 0 { context.close(promise: nil) }
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

/// Takes a reply from a worker to the connection that asked.
final class TCPQueryOrigin: QueryOrigin, Sendable {
    private let deliver: @Sendable ([UInt8]?) -> Void

    init(_ deliver: @escaping @Sendable ([UInt8]?) -> Void) {
        self.deliver = deliver
    }

    func complete(_ query: Query) {
        let reply = query.reply
        deliver(query.hasReply && !query.isDropped ? reply.bytes.copy() : nil)
        query.worker.recycle(query)
    }
}

extension Worker {
    /// Answers a message that came over a connection.
    func processStreamed(
        _ message: [UInt8], client: SocketAddress, server: SocketAddress, listener: Int, origin: TCPQueryOrigin
    ) {
        let query = takeQuery()
        query.transport = .tcp
        query.client = client
        query.listeningAddress = server
        query.local = cdg_local()
        query.arrival = now
        query.isSlot = false
        query.origin = origin
        query.take(message.span)
        guard let blocks = blocks(of: listener) else {
            query.isDropped = true
            origin.complete(query)
            return
        }
        process(query, blocks)
    }
}
