import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import TestSupport
import Testing

/// An upstream over TCP or TLS: the script is told which connection it is, from 0, and which query on it, from 0.
final class ScriptedStream: Sendable {
    enum Action: Sendable {
        case send([UInt8])
        case close
        /// The query is answered when ``release(_:)`` says how.
        case keep
    }

    typealias Script = @Sendable (_ connection: Int, _ index: Int, _ query: [UInt8]) -> [Action]
    let port: Int
    private let channel: any Channel
    /// Whom connections came from.
    let sources: Sources
    private let connections: Connections

    /// Which connections there were, and what is kept of them.
    private final class Connections: Sendable {
        let opened = Mutex(0)
        let closed = Mutex(0)
        let kept = Mutex<[(channel: any Channel, query: [UInt8])]>([])
    }

    /// - Parameters:
    ///   - tls: what TLS is spoken with; nil for none.
    ///   - gate: what holds back all that comes.
    init(port: Int? = nil, tls: NIOSSLContext? = nil, gate: HandshakeGate? = nil, _ script: @escaping Script)
        async throws
    {
        let (sources, connections) = (Sources(), Connections())
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                let number = connections.opened.withLock { count in
                    defer { count += 1 }
                    return count
                }
                channel.closeFuture.whenComplete { _ in connections.closed.withLock { $0 += 1 } }
                sources.add(channel.remoteAddress)
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let gate { try pipeline.addHandler(gate.handler(for: channel)) }
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try pipeline.addHandler(Handler(number, connections, script))
                }
            }
            .bind(host: "127.0.0.1", port: port ?? FreePort.take()).get()
        self.port = try #require(channel.localAddress?.port)
        self.sources = sources
        self.connections = connections
    }

    /// How many connections there were.
    var opened: Int { connections.opened.withLock { $0 } }
    /// How many of them have ended.
    var closed: Int { connections.closed.withLock { $0 } }

    /// Does what `action` says with the queries that were kept.
    func release(_ action: (_ query: [UInt8]) -> Action) {
        let kept = connections.kept.withLock { kept in
            defer { kept = [] }
            return kept
        }
        for (channel, query) in kept { Self.act(action(query), query, channel, connections) }
    }

    private static func act(
        _ action: Action, _ query: [UInt8], _ channel: any Channel, _ connections: Connections
    ) {
        switch action {
        case .send(let reply):
            var buffer = channel.allocator.buffer(capacity: reply.count + 2)
            buffer.writeInteger(UInt16(reply.count))
            buffer.writeBytes(reply)
            channel.writeAndFlush(buffer, promise: nil)
        case .close: channel.close(promise: nil)
        case .keep: connections.kept.withLock { $0.append((channel, query)) }
        }
    }

    /// An upstream that answers over UDP and TCP at the same port.
    static func besideDatagrams(
        datagrams: @escaping ScriptedDatagrams.Script, stream: @escaping Script
    ) async throws -> (ScriptedDatagrams, ScriptedStream) {
        var failure: (any Error)?
        // The port that UDP gets may be taken for TCP: then another pair is tried.
        for _ in 0..<16 {
            let datagrams = try await ScriptedDatagrams(script: datagrams)
            do {
                return (datagrams, try await ScriptedStream(port: datagrams.port, stream))
            } catch {
                failure = error
                try await datagrams.close()
            }
        }
        throw try #require(failure)
    }

    func close() async throws {
        try await channel.close()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let number: Int
        private let connections: Connections
        private let script: Script
        private var received = ByteBuffer()
        private var index = 0

        init(_ number: Int, _ connections: Connections, _ script: @escaping Script) {
            self.number = number
            self.connections = connections
            self.script = script
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var part = unwrapInboundIn(data)
            received.writeBuffer(&part)
            while let slice = received.readLengthPrefixedSlice(as: UInt16.self) {
                let query = Array(slice.readableBytesView)
                for action in script(number, index, query) {
                    ScriptedStream.act(action, query, context.channel, connections)
                }
                index += 1
            }
        }

        /// A client that goes away, or that TLS is not agreed upon with, is none.
        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
