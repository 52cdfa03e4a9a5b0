import Corefile
import DNSWire
import FuzzBodies
import Logging
import Telemetry

@testable import DNSServer
@testable import Plugins

/// `cache` and `forward` in a worker that does not run.
///
/// What upstreams say, and when, is the caller's to say; nothing is sent.
final class ForwardCacheBench {
    private let worker: Worker
    private let forward: ForwardPlugin
    private let engine: ForwardEngine
    private let table: BlockTable

    private static let server = Result {
        try Server(
            options: .init(corefilePath: nil, environment: [:], workers: 1, plugins: []), metrics: MetricsRegistry())
    }

    /// The port is one that nobody has; it is only connected to.
    private static let text = ".:53 {\ncache 30\nforward . 127.0.0.1:5 {\nmax_fails 0\n}\n}\n"

    init() throws {
        let registry = MetricsRegistry()
        worker = try Worker(index: 0, shard: registry.makeShard(), counters: ServerCounters(registry))
        let directives = try Corefile.parse(text: Self.text).blocks[0].directives
        let identity = BlockIdentity(zones: ["."], zoneNames: [.root], port: 53, serverLabel: "dns://:53")
        let context = PluginContext(
            block: identity, metrics: registry, handover: Handover(), directory: ".", environment: [:],
            server: try Self.server.get(), logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() })
        forward = try ForwardPlugin(
            ForwardConfiguration.directive.readEach(
                directives.filter { $0.name.text == "forward" }, serverZones: ["."], initial: ForwardConfiguration()),
            context)
        let cache = try CachePlugin(
            CacheConfiguration.directive.read(
                directives.filter { $0.name.text == "cache" }, serverZones: ["."], initial: CacheConfiguration()),
            context)
        let block = ServerBlock(identity: identity, plugins: [cache, forward], addresses: [])
        table = BlockTable([(.root, block.makeChain(for: worker))])
        // It shares the engine of the chain's own.
        guard let handler = forward.makeHandler(for: worker) as? ForwardHandler else { throw BenchError() }
        engine = handler.engine
    }

    struct BenchError: Error {}

    /// A question, and what has become of it.
    final class Asked: QueryOrigin {
        fileprivate(set) var ends = 0
        /// nil as long as there is none, or when the query was dropped.
        fileprivate(set) var reply: [UInt8]?

        func complete(_ query: Query) {
            ends += 1
            let writer = query.reply
            if query.hasReply, !query.isDropped { reply = writer.bytes.copy() }
        }
    }

    func ask(_ message: [UInt8]) -> Asked {
        let asked = Asked()
        let query = worker.takeQuery()
        query.take(message.span)
        query.transport = .udp
        query.origin = asked
        worker.process(query, table)
        return asked
    }

    /// How many queries wait for what an upstream says.
    var waiting: Int { engine.exchanges.count { $0.query != nil && $0.outcome == .pending } }

    /// The upstream says `datagram` to the query that has waited longest, which gives its own ID to it.
    func receive(_ datagram: [UInt8], keepsID: Bool) {
        for exchange in engine.exchanges where exchange.query != nil && exchange.outcome == .pending {
            guard let hold = exchange.holds.first(where: { $0.socket != nil }), let socket = hold.socket else {
                continue
            }
            var octets = datagram
            if !keepsID, octets.count >= 2 {
                (octets[0], octets[1]) = (UInt8(hold.id >> 8), UInt8(hold.id & 0xFF))
            }
            return engine.take(octets.span, socket)
        }
    }

    /// Lets so many seconds pass, and what is due happen.
    func pass(seconds: UInt64) {
        for _ in 0..<(seconds * 4) {
            worker.now += 250_000_000
            worker.fireTimers()
        }
    }

    /// Ends it; what is left of queries that have all ended, and should not be.
    func retire() -> String? {
        for upstream in forward.groups.flatMap(\.upstreams) { upstream.stream.close() }
        forward.retire(engine)
        for chain in table.chains { chain.retire(on: worker) }
        for exchange in engine.exchanges where exchange.query != nil || exchange.timer != nil || !exchange.holds.isEmpty
        {
            return "an exchange is not given back"
        }
        guard engine.free.count == engine.exchanges.count else { return "not all exchanges are free" }
        guard engine.followers.isEmpty else { return "somebody still follows another's query" }
        guard worker.inFlight == 0, worker.waiting.count == 0 else { return "\(worker.inFlight) are in flight" }
        return nil
    }
}
