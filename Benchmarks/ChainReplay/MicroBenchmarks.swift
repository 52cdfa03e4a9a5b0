import CReplayKernel
import DNSServer
import DNSWire
import Plugins

/// The parts of the server that a query passes, each timed alone, on the worker's thread.
struct MicroBenchmarks {
    private let server: ReplayServer
    private var watch: Stopwatch
    /// So many different questions are asked in turn, so that the processor does not learn one by heart.
    private static let variety = 64

    private init(_ server: ReplayServer, rounds: Int) {
        self.server = server
        watch = Stopwatch(rounds: rounds)
    }

    /// Times everything.
    ///
    /// - Throws: when a query is not answered as it must be.
    static func run(on server: ReplayServer, rounds: Int) async throws -> [Cost] {
        try await withCheckedThrowingContinuation { continuation in
            server.server.workers[0].execute { worker in
                continuation.resume(
                    with: Result {
                        var benchmarks = MicroBenchmarks(server, rounds: rounds)
                        try benchmarks.timeAll(on: worker)
                        return benchmarks.watch.costs
                    })
            }
        }
    }

    private mutating func timeAll(on worker: Worker) throws {
        try timeNames()
        try timeEncoding()
        let chain = DrivenChain(server.server.blocks[0], on: worker)
        defer { chain.retire() }
        try timeDecoding(chain)
        for shape in [Shape.cluster, .nodata, .nxdomain, .srv, .headless, .pod] {
            try timeAnswer("snapshot answer, \(shape.rawValue)", shape, chain, by: "kubernetes")
        }
        try timeAnswer("cache hit", .cached, chain, by: "cache")
        try timePlugins(chain)
    }

    /// The messages of a shape's first queries.
    private static func messages(_ shape: Shape) throws -> [[UInt8]] {
        try shape.queries.prefix(variety).map(Script.encode)
    }

    // MARK: Names and messages

    private mutating func timeNames() throws {
        let names = try Shape.cluster.queries.prefix(Self.variety).map { try Name(parsing: $0.name).wire }
        watch.time("name hash") { index in
            let name = names[index % names.count]
            return Int(truncatingIfNeeded: NameHash.hash(name.span))
        }
        guard let plugin = server.server.blocks[0].plugins.lazy.compactMap({ $0 as? KubernetesPlugin }).first else {
            throw ReplayFailure("the server has no plugin kubernetes")
        }
        let lookup = ServiceLookup(plugin)
        let zone = try Name(parsing: "svc.cluster.local.").wire.count
        let labels = names.map { Array($0.dropLast(zone)) }
        guard labels.allSatisfy({ lookup.contains($0.span) }) else {
            throw ReplayFailure("the cluster does not have its services")
        }
        watch.time("name lookup in the cluster") { index in
            let labels = labels[index % labels.count]
            return lookup.contains(labels.span) ? 1 : 0
        }
    }

    private mutating func timeEncoding() throws {
        let writer = MessageWriter()
        let question = try Script.encode(Shape.Query(name: "example.net.", type: .MX))
        let exchanges = try (0..<5).map { try Name(parsing: "mail-\($0).example.net.").wire }
        let flags = MessageHeader.Flags(rawValue: MessageHeader.Flags.response)
        watch.time("encode with compression: 5 MX, 5 A") { index in
            writer.begin(id: UInt16(truncatingIfNeeded: index), flags: flags)
            writer.copyQuestion(question.span, MessageHeader.length..<question.count)
            writer.section = .answer
            for exchange in exchanges {
                let record = writer.beginRecord(ownerAt: MessageHeader.length, type: .MX, ttl: 60)
                writer.append(UInt16(10))
                writer.append(name: exchange.span)
                writer.endRecord(record)
            }
            writer.section = .additional
            for exchange in exchanges {
                let record = writer.beginRecord(owner: exchange.span, type: .A, ttl: 60)
                writer.append(UInt32(0xC000_0201))
                writer.endRecord(record)
            }
            writer.finish()
            return writer.count
        }
    }

    // MARK: Parts of the chain

    private mutating func timeDecoding(_ chain: DrivenChain) throws {
        for (name, shape) in [("decode", Shape.cluster), ("decode with OPT", .edns)] {
            let queries = try Self.messages(shape).map(chain.query)
            watch.time(name) { index in chain.decode(queries[index % queries.count]) ? 1 : 0 }
        }
    }

    /// Times the part of a plugin that answers the shape's queries.
    private mutating func timeAnswer(_ name: String, _ shape: Shape, _ chain: DrivenChain, by plugin: String) throws {
        let handler = chain.parts[try Self.index(of: plugin, chain)].handler
        let queries = try Self.messages(shape).map(chain.query)
        for query in queries {
            guard chain.decode(query), chain.answer(query, by: handler) else {
                throw ReplayFailure("\(plugin) does not answer \(query.ownedName.text)")
            }
        }
        watch.time(name) { index in chain.answer(queries[index % queries.count], by: handler) ? 1 : 0 }
    }

    /// Times what each plugin does with a ClusterIP's query on its way down, and with the reply on its way up.
    private mutating func timePlugins(_ chain: DrivenChain) throws {
        let answering = try Self.index(of: "kubernetes", chain)
        let passing = chain.parts[..<answering]
        let queries = try Self.messages(.cluster).map(chain.query)
        for query in queries { _ = chain.decode(query) }
        for part in passing {
            watch.time("\(part.name), down") { index in
                chain.answer(queries[index % queries.count], by: part.handler) ? 1 : 0
            }
        }
        for query in queries { _ = chain.answer(query, by: chain.parts[answering].handler) }
        for part in passing.reversed() {
            guard let handler = part.handler as? any ReplyHandler else { continue }
            watch.time("\(part.name), up") { index in
                if case .done = handler.finish(queries[index % queries.count]) { 1 } else { 0 }
            }
        }
        watch.time("seal the reply") { index in chain.seal(queries[index % queries.count]) }
    }

    private static func index(of plugin: String, _ chain: DrivenChain) throws -> Int {
        guard let index = chain.parts.firstIndex(where: { $0.name == plugin }) else {
            throw ReplayFailure("the server has no plugin \(plugin)")
        }
        return index
    }
}
