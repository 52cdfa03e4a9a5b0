import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL
import Synchronization
import Testing

/// An upstream over HTTPS, with HTTP/2 or HTTP/1.1 as its context offers.
final class ScriptedHTTPS: Sendable {
    struct Request: Sendable {
        /// Which connection it came over, from 0.
        var connection: Int
        /// Which request it is of all, from 0.
        var index: Int
        var head: HTTPRequestHead
        var body: [UInt8]

        /// The DNS message, of the body or of the parameter.
        var query: [UInt8] {
            guard head.method == .GET else { return body }
            let text = head.uri.split(separator: "=", maxSplits: 1).last.map(String.init) ?? ""
            return Self.decodeBase64URL(text)
        }

        private static func decodeBase64URL(_ text: String) -> [UInt8] {
            let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
            var (octets, bits, count) = ([UInt8](), 0, 0)
            for octet in text.utf8 {
                guard let value = alphabet.firstIndex(of: octet) else { return [] }
                (bits, count) = ((bits << 6 | value) & 0xFFFF, count + 6)
                guard count >= 8 else { continue }
                count -= 8
                octets.append(UInt8(truncatingIfNeeded: bits >> count))
            }
            return octets
        }
    }

    enum Action: Sendable {
        case reply(status: HTTPResponseStatus = .ok, type: String? = "application/dns-message", [UInt8])
        case silence
        /// The head of a reply and a part of its body, but no end.
        case begin([UInt8])
        /// Ends the whole connection.
        case close
        /// Says that this request and all later ones on the connection are not looked at.
        case refuse
    }

    typealias Script = @Sendable (Request) -> Action
    let port: Int
    let sources: Sources
    private let channel: any Channel
    private let counts: Counts

    final class Counts: Sendable {
        let connections = Mutex(0)
        let closed = Mutex(0)
        let requests = Mutex(0)
        let resets = Mutex(0)

        static func next(_ count: borrowing Mutex<Int>) -> Int {
            count.withLock { count in
                defer { count += 1 }
                return count
            }
        }
    }

    init(_ tls: NIOSSLContext, _ script: @escaping Script) async throws {
        let (sources, counts) = (Sources(), Counts())
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                let number = Counts.next(counts.connections)
                channel.closeFuture.whenComplete { _ in _ = Counts.next(counts.closed) }
                sources.add(channel.remoteAddress)
                do {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                } catch {
                    return channel.eventLoop.makeFailedFuture(error)
                }
                return channel.configureCommonHTTPServerPipeline { stream in
                    stream.eventLoop.makeCompletedFuture {
                        try stream.pipeline.syncOperations.addHandler(Handler(number, channel, counts, script))
                    }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = try #require(channel.localAddress?.port)
        self.sources = sources
        self.counts = counts
    }

    /// How many connections there were.
    var opened: Int { counts.connections.withLock { $0 } }
    /// How many of them have ended.
    var closed: Int { counts.closed.withLock { $0 } }

    /// How many requests were taken back.
    var resets: Int { counts.resets.withLock { $0 } }

    func close() async throws {
        try await channel.close()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private let number: Int
        private let connection: any Channel
        private let counts: Counts
        private let script: Script
        private var head: HTTPRequestHead?
        private var body: [UInt8] = []

        init(_ number: Int, _ connection: any Channel, _ counts: Counts, _ script: @escaping Script) {
            self.number = number
            self.connection = connection
            self.counts = counts
            self.script = script
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): (self.head, body) = (head, [])
            case .body(let part): body += part.readableBytesView
            case .end:
                guard let head else { return }
                let index = Counts.next(counts.requests)
                act(script(Request(connection: number, index: index, head: head, body: body)), context)
            }
        }

        private func act(_ action: Action, _ context: ChannelHandlerContext) {
            switch action {
            case .silence: return
            case .begin(let octets):
                let headers = HTTPHeaders([("Content-Type", "application/dns-message")])
                let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: octets)))), promise: nil)
            case .close: connection.close(promise: nil)
            case .refuse:
                let payload = HTTP2Frame.FramePayload.goAway(
                    lastStreamID: .rootStream, errorCode: .noError, opaqueData: nil)
                connection.writeAndFlush(HTTP2Frame(streamID: .rootStream, payload: payload), promise: nil)
            case .reply(let status, let type, let octets):
                var headers = HTTPHeaders([("Content-Length", "\(octets.count)")])
                if let type { headers.add(name: "Content-Type", value: type) }
                let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: octets)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            if error is NIOHTTP2Errors.StreamClosed { _ = Counts.next(counts.resets) }
            context.close(promise: nil)
        }
    }
}
