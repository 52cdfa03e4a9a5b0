import DNSServer
import NIOCore
import NIOHTTP1

/// Who is told what becomes of an exchange.
protocol HTTPExchangeOwner: AnyObject {
    /// Called at most once, with what there is instead of the response if there is none.
    func ended(_ exchange: HTTPExchange, _ outcome: HTTPExchange.Outcome)
    /// The request is no longer held here: it was sent, or taken back. Called once.
    func wroteRequest(_ exchange: HTTPExchange)
    /// The stream has ended, or never came about. Called once.
    func streamEnded(_ exchange: HTTPExchange)
}

/// One request and its response, on a stream of their own.
final class HTTPExchange: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    enum Outcome {
        /// The message, or what came in its place.
        case response(Result<[UInt8], TCPFailure>)
        /// There is no response.
        case lost
        /// Something came that nobody waits for any more.
        case late
    }

    /// How long a response is taken that nobody waits for: servers think ill of clients that take many requests back.
    private static let lateness = TimeAmount.seconds(5)
    /// Interim responses before the one that counts; each costs time, and none tells anything.
    private static let mostInterim = 8

    /// What the connection tells its query by.
    let id: UInt16
    let request: HTTPMessage
    private let budget: HTTPBudget
    private weak var owner: (any HTTPExchangeOwner)?
    /// Held until the request is sent.
    private var reservation: OctetReservation?
    private var context: ChannelHandlerContext?
    private var body: [UInt8] = []
    private var interim = 0
    private var isDone = false
    private var isAwaited = true
    private var isWritten = false
    /// Whether its stream has ended, or never came about.
    private(set) var isGone = false

    init(
        _ request: HTTPMessage, _ budget: HTTPBudget, id: UInt16, reservation: OctetReservation?,
        for owner: any HTTPExchangeOwner
    ) {
        self.request = request
        self.budget = budget
        self.id = id
        self.reservation = reservation
        self.owner = owner
    }

    /// Nobody waits for the response any more.
    ///
    /// A request that the server has not read is taken back at once, with all that it holds.
    func cancel() {
        isAwaited = false
        forgetBody()
        guard isWritten else { return takeBack() }
        guard let context else { return }
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.lateness) { self.takeBack() }
    }

    /// Ends the stream.
    func takeBack() {
        context?.close(promise: nil)
    }

    /// There is no stream to be had.
    func fail() {
        end(.lost)
        leave()
    }

    // MARK: The stream

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        leave()
    }

    /// The stream is over.
    private func leave() {
        guard !isGone else { return }
        isGone = true
        noteWritten()
        owner?.streamEnded(self)
    }

    private func noteWritten() {
        guard !isWritten else { return }
        isWritten = true
        reservation = nil
        owner?.wroteRequest(self)
    }

    func channelActive(context: ChannelHandlerContext) {
        guard isAwaited else { return context.close(promise: nil) }
        context.write(wrapOutboundOut(.head(request.head)), promise: nil)
        if let body = request.body {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { _ in self.noteWritten() }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return }
        guard isAwaited else { return end(.late) }
        do throws(TCPFailure) {
            switch unwrapInboundIn(data) {
            case .head(let head) where head.status.code < 200: try countInterim()
            case .head(let head): try HTTPMessage.check(head)
            case .body(let part): try take(part)
            case .end:
                try HTTPMessage.check(body)
                end(.response(.success(body)))
            }
        } catch {
            end(.response(.failure(error)))
            context.close(promise: nil)
        }
    }

    private func countInterim() throws(TCPFailure) {
        interim += 1
        guard interim <= Self.mostInterim else { throw .refused("HTTP responses without end") }
    }

    private func take(_ part: ByteBuffer) throws(TCPFailure) {
        guard body.count + part.readableBytes <= HTTPMessage.longest else {
            throw .refused("HTTP response longer than a DNS message")
        }
        guard budget.take(part.readableBytes) else { throw .refused("too many long HTTP responses at a time") }
        body += part.readableBytesView
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.lost)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(.lost)
        context.close(promise: nil)
    }

    private func end(_ outcome: Outcome) {
        guard !isDone else { return }
        isDone = true
        forgetBody()
        if case .lost = outcome, !isAwaited { return }
        owner?.ended(self, outcome)
    }

    private func forgetBody() {
        budget.giveBack(body.count)
        body = []
    }
}
