import NIOCore
import NIOHTTP1

/// One client's connection to an HTTP address: answers one request after the other, each within its time.
///
/// Unchecked Sendable: used on the event loop of its channel only.
final class HTTPConnection: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// Its number among the listener's.
    let number: Int
    private let listener: HTTPListener
    private let channel: any Channel
    private var head: HTTPRequestHead?
    /// Requests that came while another was being answered; they came with one read, and so are few.
    private var pending: CircularBuffer<HTTPRequestHead> = []
    private var isAnswering = false
    private var isIdle = false
    private var hasEnded = false
    private var requestsLeft: Int
    private var deadline: Scheduled<Void>?

    init(_ number: Int, _ channel: any Channel, _ listener: HTTPListener) {
        self.number = number
        self.channel = channel
        self.listener = listener
        requestsLeft = listener.limits.requests
        setDeadline(listener.limits.requestTime, .slowRequest)
    }

    /// Closes at once.
    func close() {
        deadline?.cancel()
        channel.close(promise: nil)
    }

    // MARK: Time

    /// Octets of a request have come.
    func octetsArrived() {
        guard isIdle else { return }
        isIdle = false
        setDeadline(listener.limits.requestTime, .slowRequest)
    }

    /// Closes after `time`; a silent end between requests is not worth counting.
    private func setDeadline(_ time: Duration, _ reason: HTTPCounts.Closing?) {
        deadline?.cancel()
        deadline = channel.eventLoop.scheduleTask(in: TimeAmount(time)) { [weak self] in
            guard let self else { return }
            listener.close(self, reason)
        }
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head else { return }
            self.head = nil
            pending.append(head)
            if !isAnswering { answerNext() }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? ChannelEvent, event == .inputClosed else {
            return context.fireUserInboundEventTriggered(event)
        }
        hasEnded = true
        if !isAnswering { close() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError, !isAnswering else { return close() }
        isAnswering = true
        send(.malformed, to: HTTPRequestHead(version: .http1_0, method: .GET, uri: "/"))
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        listener.forget(self)
        context.fireChannelInactive()
    }

    // MARK: Replies

    private func answerNext() {
        guard channel.isActive, let head = pending.popFirst() else { return }
        isAnswering = true
        isIdle = false
        reads(false)
        requestsLeft -= 1
        setDeadline(listener.limits.replyTime, .slowReader)
        guard head.method == .GET || head.method == .HEAD else { return send(.notAllowed, to: head) }
        switch listener.answer(at: String(head.uri.prefix { $0 != "?" })) {
        case .reply(let reply): send(reply, to: head)
        case .shared(let page):
            page.give { [weak self, loop = channel.eventLoop] reply in
                loop.execute { self?.send(reply, to: head) }
            }
        }
    }

    private func send(_ reply: HTTPReply, to request: HTTPRequestHead) {
        guard channel.isActive else { return }
        let isLast = !request.isKeepAlive || requestsLeft <= 0
        var head = HTTPResponseHead(version: request.version, status: .init(statusCode: reply.status))
        head.headers.add(name: "Content-Type", value: reply.contentType)
        head.headers.add(name: "Content-Length", value: "\(reply.body.readableBytes)")
        if isLast {
            head.headers.add(name: "Connection", value: "close")
        } else if request.version == .http1_0 {
            head.headers.add(name: "Connection", value: "keep-alive")
        }
        if let page = reply.page { listener.begin(page: page, on: self) }
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        if request.method != .HEAD {
            channel.write(HTTPServerResponsePart.body(.byteBuffer(reply.body)), promise: nil)
        }
        channel.writeAndFlush(HTTPServerResponsePart.end(nil)).whenComplete { [self] _ in replyTaken(isLast) }
    }

    private func replyTaken(_ wasLast: Bool) {
        isAnswering = false
        listener.endReply(on: self)
        guard !wasLast, !(hasEnded && pending.isEmpty), channel.isActive else { return close() }
        guard pending.isEmpty else {
            // Others have their turn before this one's next request.
            return channel.eventLoop.execute { [self] in answerNext() }
        }
        isIdle = true
        setDeadline(listener.limits.idleTime, nil)
        reads(true)
    }

    private func reads(_ isWanted: Bool) {
        try? channel.syncOptions?.setOption(.autoRead, value: isWanted)
    }
}

/// Tells a connection that octets have come, before they are understood.
final class HTTPOctets: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: HTTPConnection

    init(_ connection: HTTPConnection) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.octetsArrived()
        context.fireChannelRead(data)
    }
}
