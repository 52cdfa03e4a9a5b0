import NIOCore

/// One connection: cuts the stream into messages, hands them to a worker, and writes what comes back.
///
/// Its memory is bounded: ``ResourceLimits/octetsPerConnection`` octets of messages are its own, more are taken from the budget
/// that all connections share, and when that has nothing left the connection is closed. A client that sends without taking its
/// replies waits for itself: it is not read from.
final class TCPConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let worker: Worker
    private let listener: Int
    private let client: SocketAddress
    private let server: SocketAddress
    private let channel: any Channel
    private let resources: ServerResources
    private var stream = ByteBuffer()
    /// Queries that are being answered, and the octets of their messages.
    private var inFlight = 0
    private var inFlightOctets = 0
    /// What it has of the shared budget.
    private var borrowed = 0
    private var isHalfClosed = false

    /// Its neighbours among all connections; ``TCPConnections`` keeps them.
    var older: TCPConnection?
    var newer: TCPConnection?
    var isListed = false

    init(
        worker: Worker, listener: Int, client: SocketAddress, server: SocketAddress, channel: any Channel,
        resources: ServerResources
    ) {
        self.worker = worker
        self.listener = listener
        self.client = client
        self.server = server
        self.channel = channel
        self.resources = resources
    }

    /// Whether nothing is being answered.
    var isIdle: Bool { inFlight == 0 }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        resources.connections.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        resources.connections.remove(self)
        resources.buffers.give(borrowed)
        borrowed = 0
    }

    /// Closes it at once.
    func close() {
        channel.close(promise: nil)
    }

    func channelActive(context: ChannelHandlerContext) {
        context.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            close()
        } else if let event = event as? ChannelEvent, event == .inputClosed {
            isHalfClosed = true
            if isIdle { close() }
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close()
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        resources.connections.touch(self)
        var part = unwrapInboundIn(data)
        stream.writeBuffer(&part)
        takeMessages(context)
        settleAccount()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        readOn(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        takeMessages(context)
        settleAccount()
        readOn(context)
    }

    private var mayTakeMore: Bool {
        inFlight < resources.limits.queriesPerConnection && channel.isWritable
    }

    /// Reads again unless enough is under way.
    private func readOn(_ context: ChannelHandlerContext) {
        if mayTakeMore, !isHalfClosed { context.read() }
    }

    private func takeMessages(_ context: ChannelHandlerContext) {
        while mayTakeMore, let length = stream.getInteger(at: stream.readerIndex, as: UInt16.self),
            stream.readableBytes >= 2 + Int(length)
        {
            stream.moveReaderIndex(forwardBy: 2)
            guard let message = stream.readBytes(length: Int(length)) else { return }
            inFlight += 1
            inFlightOctets += message.count
            submit(message, context)
        }
        // What a burst has left behind is not kept for the connection's life.
        if stream.readableBytes == 0, stream.storageCapacity > Self.keptStream {
            stream = ByteBuffer()
        } else {
            stream.discardReadBytes()
        }
    }

    private static let keptStream = 4_096

    private func submit(_ message: [UInt8], _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        let octets = message.count
        let origin = TCPQueryOrigin { reply in
            eventLoop.execute {
                let (handler, context) = bound.value
                handler.answered(reply, to: octets, context)
            }
        }
        let (listener, client, server) = (self.listener, self.client, self.server)
        worker.execute { worker in
            worker.processStreamed(message, client: client, server: server, listener: listener, origin: origin)
        }
    }

    // MARK: Writing

    /// A reply has come back to a query of `octets`; nil when the query gets none.
    private func answered(_ reply: [UInt8]?, to octets: Int, _ context: ChannelHandlerContext) {
        inFlight -= 1
        inFlightOctets -= octets
        guard channel.isActive else { return }
        if let reply {
            var buffer = channel.allocator.buffer(capacity: reply.count + 2)
            buffer.writeInteger(UInt16(clamping: reply.count))
            buffer.writeBytes(reply)
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        }
        takeMessages(context)
        settleAccount()
        if isHalfClosed, isIdle {
            context.close(promise: nil)
        } else {
            readOn(context)
        }
    }

    // MARK: Memory

    /// Octets of messages that it holds: not yet read, being answered, and not yet taken by the client.
    private var held: Int {
        // As long as it is writable, less than the mark waits.
        let unsent = channel.isWritable ? 0 : (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        return max(stream.readableBytes, stream.storageCapacity - Self.keptStream) + inFlightOctets + unsent
    }

    /// Takes from the shared budget what it holds beyond its own, or gives back; closes the connection when there is nothing left.
    private func settleAccount() {
        let needed = max(0, held - ResourceLimits.octetsPerConnection)
        guard needed != borrowed, isListed else { return }
        if needed < borrowed {
            resources.buffers.give(borrowed - needed)
        } else if !resources.buffers.take(needed - borrowed) {
            resources.connections.countClosing(.buffers)
            return close()
        }
        borrowed = needed
    }
}
