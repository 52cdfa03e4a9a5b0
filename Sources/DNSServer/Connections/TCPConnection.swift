import Logging
import NIOCore

/// One connection: cuts the stream into messages, has them answered, and writes what comes back.
///
/// Its memory is bounded: ``ResourceLimits/octetsPerConnection`` octets of queries are its own, and a few of replies
/// (``ReplyRoom``); more are taken from the budget that all connections share, and when that has nothing left the connection is closed.
/// A client that sends without taking its replies waits for itself: it is not read from. So is the time that it is waited for, see
/// ``ConnectionPatience``.
final class TCPConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What becomes of a query.
    enum Answer: Sendable {
        /// The room for it is taken.
        case reply([UInt8])
        /// There will be none.
        case none
        /// The message was no query.
        case noQuery
        /// There is no room for the reply.
        case noRoom
        /// The address is served no more.
        case over
    }

    /// Has a message answered; the answer comes from any thread, once.
    typealias Ask = (_ message: [UInt8], _ answer: @escaping @Sendable (Answer) -> Void) -> Void

    private let ask: Ask
    private let client: SocketAddress
    /// The listening address that it came to.
    let listener: Int
    let channel: any Channel
    let resources: ServerResources
    private let settings: ConnectionSettings
    let replyRoom: ReplyRoom
    private var window: QueryWindow
    private var patience: ConnectionPatience
    private let alarm: ConnectionAlarm
    var stream = ByteBuffer()
    /// Queries that have come so far.
    private var queries = 0
    /// Queries that are being answered, and the octets of their messages.
    private var inFlight = 0
    private(set) var inFlightOctets = 0
    /// Replies that the client has not taken yet.
    private var unsent = 0
    /// What it has of the shared budget.
    var borrowed = 0
    /// Whether the client has closed its side.
    private var isHalfClosed = false
    /// Whether this side is closed, the last reply being out.
    private var isEnding = false
    /// Whether its address is served no more: what is under way is answered, and nothing else.
    private var isOver = false

    /// Its neighbours among all connections; ``TCPConnections`` keeps them.
    var older: TCPConnection?
    var newer: TCPConnection?
    var isListed = false

    init(
        client: SocketAddress, listener: Int, channel: any Channel, resources: ServerResources,
        settings: ConnectionSettings, replyRoom: ReplyRoom, ask: @escaping Ask
    ) {
        self.client = client
        self.listener = listener
        self.channel = channel
        self.resources = resources
        self.settings = settings
        self.ask = ask
        self.replyRoom = replyRoom
        window = QueryWindow(limit: resources.limits.queriesPerConnection)
        patience = ConnectionPatience(settings)
        alarm = ConnectionAlarm(channel.eventLoop)
    }

    /// Whether nothing is being answered.
    var isIdle: Bool { inFlight == 0 }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        resources.connections.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        alarm.cancel()
        resources.connections.remove(self)
        resources.buffers.give(borrowed)
        borrowed = 0
        replyRoom.close()
    }

    /// Closes it at once.
    func close() {
        channel.close(promise: nil)
    }

    func channelActive(context: ChannelHandlerContext) {
        waitOn()
        context.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? ChannelEvent, event == .inputClosed else {
            return context.fireUserInboundEventTriggered(event)
        }
        isHalfClosed = true
        endIfDone()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close()
    }

    /// Takes no more queries, and closes when those under way have their replies.
    func end() {
        isOver = true
        stream = ByteBuffer()
        endIfDone()
    }

    /// Ends it when everything that was asked has its reply and nothing more will be asked.
    ///
    /// Of a client that may ask no more, but goes on, what it sends is read until it has closed its side too: a connection that is
    /// closed with something unread is reset, and the client could lose the last replies.
    private func endIfDone() {
        guard inFlight == 0, unsent == 0 else { return }
        if isOver || isHalfClosed {
            // Whole queries can still wait for room, where the client was slow to take replies.
            if !mayHoldQuery { close() }
        } else if queries >= settings.queryLimit, !isEnding {
            isEnding = true
            stream = ByteBuffer()
            channel.close(mode: .output, promise: nil)
        }
    }

    // MARK: Time

    /// Waits for whoever's turn it is.
    private func waitOn(isProgress: Bool = false) {
        let cause: ConnectionPatience.Cause? =
            if unsent > 0 { .write } else if inFlight > 0 { nil } else if isEnding { .end } else {
                queries == 0 ? .read : .idle
            }
        patience.wait(for: cause, now: channel.eventLoop.now, isProgress: isProgress)
        setAlarm()
    }

    private func setAlarm() {
        guard let deadline = patience.deadline else { return }
        alarm.set(at: deadline) { [weak self] in self?.look() }
    }

    /// Closes it when its time is up.
    private func look() {
        guard let deadline = patience.deadline, let cause = patience.cause else { return }
        guard deadline <= channel.eventLoop.now else { return setAlarm() }
        serverLogger.debug("tcp \(client): closed after waiting in vain (\(cause))")
        close()
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        resources.connections.touch(self)
        guard !isEnding, !isOver else { return }
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

    /// Whether a query that will be answered has come already.
    private var mayHoldQuery: Bool {
        guard !isOver, queries < settings.queryLimit else { return false }
        guard let length = stream.getInteger(at: stream.readerIndex, as: UInt16.self) else { return false }
        return stream.readableBytes >= 2 + Int(length)
    }

    private var mayTakeMore: Bool {
        !isOver && inFlight < window.size && channel.isWritable && queries < settings.queryLimit
    }

    /// Reads again unless enough is under way.
    private func readOn(_ context: ChannelHandlerContext) {
        if mayTakeMore || isEnding || isOver, !isHalfClosed { context.read() }
    }

    private func takeMessages(_ context: ChannelHandlerContext) {
        while mayTakeMore, let length = stream.getInteger(at: stream.readerIndex, as: UInt16.self),
            stream.readableBytes >= 2 + Int(length)
        {
            stream.moveReaderIndex(forwardBy: 2)
            guard let message = stream.readBytes(length: Int(length)) else { return }
            queries += 1
            inFlight += 1
            inFlightOctets += message.count
            submit(message, context)
        }
        waitOn()
        // What a burst has left behind is not kept for the connection's life.
        if stream.readableBytes == 0, stream.storageCapacity > Self.keptStream {
            stream = ByteBuffer()
        } else {
            stream.discardReadBytes()
        }
    }

    private func submit(_ message: [UInt8], _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        let octets = message.count
        ask(message) { answer in
            eventLoop.execute {
                let (handler, context) = bound.value
                handler.take(answer, to: octets, context)
            }
        }
    }

    // MARK: Writing

    /// What becomes of a query of `octets` is known.
    private func take(_ answer: Answer, to octets: Int, _ context: ChannelHandlerContext) {
        inFlight -= 1
        inFlightOctets -= octets
        guard channel.isActive else {
            if case .reply(let reply) = answer { replyRoom.give(reply.count) }
            return
        }
        switch answer {
        case .reply(let reply):
            if resources.buffers.isOverdrawn { resources.connections.makeRoom(in: resources.buffers) }
            patience.hear(isQuery: true)
            send(reply, context)
        case .none: patience.hear(isQuery: true)
        case .noQuery: patience.hear(isQuery: false)
        case .noRoom: return closeForWantOfRoom()
        case .over: return end()
        }
        takeMessages(context)
        settleAccount()
        endIfDone()
        waitOn()
        readOn(context)
    }

    private func send(_ reply: [UInt8], _ context: ChannelHandlerContext) {
        window.note(reply.count)
        var buffer = channel.allocator.buffer(capacity: reply.count + 2)
        buffer.writeInteger(UInt16(clamping: reply.count))
        buffer.writeBytes(reply)
        let promise = context.eventLoop.makePromise(of: Void.self)
        let octets = reply.count
        promise.futureResult.assumeIsolated().whenComplete { [self] _ in
            replyRoom.give(octets)
            unsent -= 1
            guard channel.isActive else { return }
            endIfDone()
            waitOn(isProgress: true)
        }
        unsent += 1
        context.writeAndFlush(wrapOutboundOut(buffer), promise: promise)
    }
}
