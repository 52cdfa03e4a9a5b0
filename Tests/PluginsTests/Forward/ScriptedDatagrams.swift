import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

/// An upstream that answers as a test says, over UDP.
final class ScriptedDatagrams: Sendable {
    /// A datagram to a port of 127.0.0.1.
    typealias Datagram = (octets: [UInt8], port: UInt16)
    typealias Script = @Sendable (Datagram) -> [Datagram]
    let port: Int
    private let channel: any Channel
    /// Whom queries came from.
    let sources: Sources

    /// Replies to each query at once, to where it came from.
    convenience init(port: Int? = nil, _ reply: @escaping @Sendable (_ query: [UInt8], _ from: UInt16) -> [[UInt8]])
        async throws
    {
        try await self.init(port: port, script: { query in reply(query.octets, query.port).map { ($0, query.port) } })
    }

    /// Waits for `count` queries and answers them then, the last one first; what is sent again, and probes, do not count.
    convenience init(holding count: Int) async throws {
        let held = Mutex<[Datagram]>([])
        try await self.init(script: { query in
            held.withLock { held in
                guard query.octets[12] != 0, !held.contains(where: { $0 == query }) else { return [] }
                held.append(query)
                guard held.count == count else { return [] }
                return held.reversed().map { (ScriptedReply.answer($0.octets), $0.port) }
            }
        })
    }

    init(port: Int? = nil, script: @escaping Script) async throws {
        let sources = Sources()
        channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(script, sources))
                }
            }
            .bind(host: "127.0.0.1", port: port ?? FreePort.take()).get()
        self.port = try #require(channel.localAddress?.port)
        self.sources = sources
    }

    /// Sends `octets` to a port of 127.0.0.1.
    func send(_ octets: [UInt8], to port: UInt16) {
        guard let address = try? SocketAddress(ipAddress: "127.0.0.1", port: Int(port)) else { return }
        let buffer = channel.allocator.buffer(bytes: octets)
        channel.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: buffer), promise: nil)
    }

    /// Closes the socket; nobody listens at its port any more.
    func close() async throws {
        try await channel.close()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        private let script: Script
        private let sources: Sources

        init(_ script: @escaping Script, _ sources: Sources) {
            self.script = script
            self.sources = sources
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let envelope = unwrapInboundIn(data)
            sources.add(envelope.remoteAddress)
            let query = Array(envelope.data.readableBytesView)
            for reply in script((query, UInt16(envelope.remoteAddress.port ?? 0))) {
                let buffer = context.channel.allocator.buffer(bytes: reply.octets)
                var address = envelope.remoteAddress
                address.port = Int(reply.port)
                context.channel.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: buffer), promise: nil)
            }
        }
    }
}

/// The addresses that queries come from.
final class Sources: Sendable {
    private let state = Mutex<Set<String>>([])

    func add(_ address: NIOCore.SocketAddress?) {
        guard let host = address?.ipAddress else { return }
        state.withLock { _ = $0.insert(host) }
    }

    var addresses: Set<String> { state.withLock { $0 } }
}
