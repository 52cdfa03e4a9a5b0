import Corefile
import DNSWire
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

/// `forward` in running workers, asked directly.
///
/// Unchecked Sendable: a table is touched on its worker's thread only.
final class ForwardFixture: @unchecked Sendable {
    /// What became of a query.
    struct Outcome: Sendable {
        var reply: Message
        var reason: String
    }

    private static let server = Result {
        try Server(
            options: .init(corefilePath: nil, environment: [:], workers: 1, plugins: []), metrics: MetricsRegistry())
    }

    let registry: MetricsRegistry
    let workers: [Worker]
    let plugin: ForwardPlugin
    private let tables: [Table]
    var worker: Worker { workers[0] }

    /// What serves in one worker, once it is needed.
    private final class Table {
        var blocks: BlockTable?
    }

    /// - Parameter waiting: how many queries may wait in each worker.
    init(_ text: String, waiting: Int = 2_048, workers count: Int = 1) throws {
        let registry = MetricsRegistry()
        workers = try Self.makeWorkers(count, registry, waiting: waiting)
        tables = workers.map { _ in Table() }
        plugin = try Self.makePlugin(text, registry)
        self.registry = registry
        for worker in workers { try worker.start() }
    }

    static func makeWorkers(_ count: Int, _ registry: MetricsRegistry, waiting: Int) throws -> [Worker] {
        let counters = try ServerCounters(registry)
        return try (0..<count).map { index in
            try Worker(
                index: index, shard: registry.makeShard(), counters: counters,
                waitingOctets: waiting * ResourceLimits.octetsPerQuery)
        }
    }

    static func makePlugin(_ text: String, _ registry: MetricsRegistry) throws -> ForwardPlugin {
        let corefile = try Corefile.parse(text: ".:53 {\n\(text)\n}\n")
        let configurations = try ForwardConfiguration.directive.readEach(
            corefile.blocks[0].directives, serverZones: ["."], initial: ForwardConfiguration())
        let server = try server.get()
        let context = PluginContext(
            block: identity, metrics: registry, handover: Handover(), directory: ".", environment: [:],
            server: server,
            logger: Logger(label: "test"))
        return try ForwardPlugin(configurations, context)
    }

    static func makeTable(_ plugin: ForwardPlugin, for worker: Worker) -> BlockTable {
        let block = ServerBlock(identity: identity, plugins: [plugin], addresses: [])
        return BlockTable([(.root, block.makeChain(for: worker))])
    }

    private static let identity = BlockIdentity(
        zones: ["."], zoneNames: [.root], port: 53, serverLabel: "dns://:53")

    /// Asks, and waits for the reply.
    func ask(
        _ name: String, over transport: Query.Transport = .udp, id: UInt16 = 7, timeLeft: UInt64? = nil,
        of worker: Int = 0
    ) async throws -> Outcome {
        try #require(try await outcome(name, over: transport, id: id, timeLeft: timeLeft, of: worker))
    }

    /// Asks, and waits for what becomes of it; nil when there is no reply.
    func outcome(
        _ name: String, over transport: Query.Transport = .udp, id: UInt16 = 7, timeLeft: UInt64? = nil,
        of worker: Int = 0
    ) async throws -> Outcome? {
        let question = Question(try Name(parsing: name), .A)
        let octets = Message(id: id, asking: question, edns: EDNS(payloadSize: 1_232)).encoded()
        return try await outcome(octets, over: transport, timeLeft: timeLeft, of: worker)
    }

    /// Asks what stands in `octets`, and waits for what becomes of it; nil when there is no reply.
    ///
    /// - Parameter timeLeft: the nanoseconds that the query has, if there is a bound.
    func outcome(
        _ octets: [UInt8], over transport: Query.Transport = .udp, timeLeft: UInt64? = nil, of worker: Int = 0
    ) async throws -> Outcome? {
        typealias Told = (message: [UInt8]?, reason: String)
        let (message, reason): Told = try await TestSupport.outcome(of: "a query") { teller in
            begin(octets, over: transport, timeLeft: timeLeft, of: worker) { teller.tell(($0, $1)) }
        }
        guard let message else { return nil }
        return Outcome(reply: try Message(decoding: message.span), reason: reason)
    }

    /// Asks what stands in `octets`; `end` is told what becomes of it, on the worker's thread.
    func begin(
        _ octets: [UInt8], over transport: Query.Transport = .udp, timeLeft: UInt64? = nil, of worker: Int = 0,
        end: @escaping @Sendable ([UInt8]?, String) -> Void
    ) {
        workers[worker].execute { worker in
            let query = worker.takeQuery()
            query.take(octets.span)
            query.transport = transport
            if let timeLeft { query.deadline = worker.now + timeLeft }
            query.origin = Origin(end)
            worker.process(query, self.blocks(worker))
        }
    }

    private func blocks(_ worker: Worker) -> BlockTable {
        if let blocks = tables[worker.index].blocks { return blocks }
        let blocks = Self.makeTable(plugin, for: worker)
        tables[worker.index].blocks = blocks
        return blocks
    }

    /// Takes the plugin out of service: what waits fails.
    func retire() async {
        for index in workers.indices { await retire(worker: index) }
        await plugin.stop()
    }

    /// Takes the plugin out of service in one worker.
    func retire(worker index: Int) async {
        await onWorker(index) { worker in self.tables[index].blocks?.chains.forEach { $0.retire(on: worker) } }
    }

    /// IDs that are waited for, on all open sockets.
    func identifiersInUse() async -> Int {
        await onWorker { worker in
            let handler = self.plugin.makeHandler(for: worker) as? ForwardHandler
            defer { handler?.retire(on: worker) }
            let sockets = handler?.engine.routes.flatMap { $0.flatMap(\.pool.sockets) }.compactMap(\.self) ?? []
            return sockets.reduce(0) { $0 + $1.waiting.count }
        } ?? -1
    }

    /// Does something on the worker's thread; nil, and an issue, when the worker does not come to it.
    @discardableResult
    private func onWorker<Result: Sendable>(
        _ index: Int = 0, _ body: @escaping @Sendable (Worker) -> Result
    ) async -> Result? {
        do {
            return try await TestSupport.outcome(of: "the worker") { teller in
                workers[index].execute { worker in teller.tell(body(worker)) }
            }
        } catch {
            Issue.record(error)
            return nil
        }
    }

    /// The metric lines that begin with `text`.
    func metrics(_ text: String) -> [String] {
        String(decoding: registry.exposition(.prometheus), as: UTF8.self).split(separator: "\n").map(String.init)
            .filter { $0.hasPrefix(text) }
    }

    /// Queries that wait in a worker.
    func waiting(in worker: Int = 0) async -> Int {
        await onWorker(worker) { $0.inFlight } ?? -1
    }

    deinit {
        for worker in workers { worker.execute { $0.stop() } }
    }

    /// Tells what becomes of a query.
    final class Origin: QueryOrigin {
        private let done: ([UInt8]?, String) -> Void

        init(_ done: @escaping ([UInt8]?, String) -> Void) {
            self.done = done
        }

        func complete(_ query: Query) {
            let reply = query.reply
            done(query.isDropped ? nil : reply.bytes.copy(), query.failure?.reason ?? "")
        }
    }
}

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
    convenience init(_ reply: @escaping @Sendable (_ query: [UInt8], _ from: UInt16) -> [[UInt8]]) async throws {
        try await self.init(script: { query in reply(query.octets, query.port).map { ($0, query.port) } })
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

    init(script: @escaping Script) async throws {
        let sources = Sources()
        channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(script, sources))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = try #require(channel.localAddress?.port)
        self.sources = sources
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
    init(port: Int = 0, tls: NIOSSLContext? = nil, gate: HandshakeGate? = nil, _ script: @escaping Script) async throws
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
            .bind(host: "127.0.0.1", port: port).get()
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

/// Replies to queries as they come.
enum ScriptedReply {
    /// One A record of the name that was asked for.
    static func answer(_ query: [UInt8], address: UInt32 = 0xC000_0201, isTruncated: Bool = false) -> [UInt8] {
        guard var message = try? Message(decoding: query.span), let question = message.questions.first else {
            return []
        }
        message.flags.isResponse = true
        message.flags.recursionAvailable = true
        message.flags.isTruncated = isTruncated
        if !isTruncated { message.answers = [Record(question.name, .A, ttl: 60, .a(IPAddress(v4: address)))] }
        return message.encoded()
    }
}
