import NIOCore
import NIOHTTP1

/// One request and its response, on a stream of their own.
final class HTTPExchange: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: HTTPMessage
    private let budget: HTTPBudget
    private let completion: (Result<[UInt8], TCPFailure>?) -> Void
    private var context: ChannelHandlerContext?
    private var body: [UInt8] = []
    private var isDone = false

    /// - Parameter completion: called at most once: with the message, what came in its place, or nil when nothing did.
    init(
        _ request: HTTPMessage, _ budget: HTTPBudget, completion: @escaping (Result<[UInt8], TCPFailure>?) -> Void
    ) {
        self.request = request
        self.budget = budget
        self.completion = completion
    }

    /// Nobody waits for the response any more.
    func cancel() {
        finish()
        context?.close(promise: nil)
    }

    /// There is no stream to be had.
    func fail() {
        end(nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        guard !isDone else { return context.close(promise: nil) }
        context.write(wrapOutboundOut(.head(request.head)), promise: nil)
        if let body = request.body {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return }
        do throws(TCPFailure) {
            switch unwrapInboundIn(data) {
            case .head(let head) where head.status.code < 200: break
            case .head(let head): try HTTPMessage.check(head)
            case .body(let part): try take(part)
            case .end:
                try HTTPMessage.check(body)
                end(.success(body))
            }
        } catch {
            end(.failure(error))
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
        end(nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(nil)
        context.close(promise: nil)
    }

    private func end(_ result: Result<[UInt8], TCPFailure>?) {
        guard !isDone else { return }
        finish()
        completion(result)
    }

    private func finish() {
        isDone = true
        budget.giveBack(body.count)
        body = []
    }
}
