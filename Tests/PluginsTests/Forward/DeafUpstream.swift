import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing

/// An upstream that takes connections and reads little or nothing of what comes, or says more than anybody asked for.
final class DeafUpstream: Sendable {
    let port: Int
    private let channel: any Channel
    private let ended: Ended

    private final class Ended: Sendable {
        let count = Mutex(0)
    }

    /// - Parameters:
    ///   - tls: what TLS is spoken with; nil for none.
    ///   - reads: whether what comes is read, and thrown away.
    ///   - greeting: what is said as soon as something has come, or at once when nothing is read.
    init(tls: NIOSSLContext? = nil, reads: Bool, greeting: [UInt8] = []) async throws {
        let ended = Ended()
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: reads || tls != nil)
            .childChannelOption(.socketOption(.so_rcvbuf), value: 4_096)
            .childChannelInitializer { channel in
                channel.closeFuture.whenComplete { _ in ended.count.withLock { $0 += 1 } }
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try pipeline.addHandler(Greeter(greeting))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = try #require(channel.localAddress?.port)
        self.ended = ended
    }

    /// How many connections have ended.
    var closed: Int { ended.count.withLock { $0 } }

    func close() async throws {
        try await channel.close()
    }

    private final class Greeter: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var greeting: [UInt8]

        init(_ greeting: [UInt8]) {
            self.greeting = greeting
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard !greeting.isEmpty else { return }
            context.channel.writeAndFlush(ByteBuffer(bytes: greeting), promise: nil)
            greeting = []
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
