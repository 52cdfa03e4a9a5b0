import Corefile
import DNSWire
import Logging
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

    /// The ports that queries were sent from and may still be answered at.
    func localPorts() async -> [UInt16] {
        await onWorker { worker in
            let handler = self.plugin.makeHandler(for: worker) as? ForwardHandler
            defer { handler?.retire(on: worker) }
            let pools = handler?.engine.routes.flatMap { $0.map(\.pool) } ?? []
            return pools.flatMap { $0.sockets.compactMap(\.self) + $0.retired }.map(\.socket.localPort)
        } ?? []
    }

    /// What a counter has where its labels contain `text`, all upstreams together.
    func count(_ name: String, _ text: String) -> Int {
        metrics(name + "{").filter { $0.contains(text) }
            .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
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
