import NIOCore
import NIOHTTP1

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

    private let request: HTTPMessage
    private let budget: HTTPBudget
    private let completion: (Outcome) -> Void
    private var context: ChannelHandlerContext?
    private var body: [UInt8] = []
    private var isDone = false
    private var isAwaited = true

    /// - Parameter completion: called at most once.
    init(_ request: HTTPMessage, _ budget: HTTPBudget, completion: @escaping (Outcome) -> Void) {
        self.request = request
        self.budget = budget
        self.completion = completion
    }

    /// Nobody waits for the response any more.
    func cancel() {
        isAwaited = false
        forgetBody()
        guard let context else { return }
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.lateness) { self.context?.close(promise: nil) }
    }

    /// There is no stream to be had.
    func fail() {
        end(.lost)
    }

    // MARK: The stream

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        guard isAwaited else { return context.close(promise: nil) }
        context.write(wrapOutboundOut(.head(request.head)), promise: nil)
        if let body = request.body {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return }
        guard isAwaited else { return end(.late) }
        do throws(TCPFailure) {
            switch unwrapInboundIn(data) {
            case .head(let head) where head.status.code < 200: break
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
        completion(outcome)
    }

    private func forgetBody() {
        budget.giveBack(body.count)
        body = []
    }
}
