import DNSWire
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("cache: many refreshes at once")
struct CacheFloodTests {
    private static let names = 5_000

    /// A cache with as many names, all of which have just expired, and a source that says nothing.
    private static func expired(_ options: String) throws -> CacheBench {
        let cache = try CacheBench(options)
        for number in 0..<names {
            cache.source.conduct = .reply(CacheBench.address(1, "n\(number).test"))
            _ = try cache.brief("n\(number).test")
        }
        cache.source.arrivals = []
        cache.source.conduct = .silence
        cache.clock(at: 61)
        return cache
    }

    private static func limit(_ cache: CacheBench) -> Int { cache.bench.worker.backgroundLimit }

    @Test("as many names as you like are answered, and no more refreshes than may are under way")
    func immediate() throws {
        let cache = try Self.expired("serve_stale")
        let limit = Self.limit(cache)
        try #require(limit < Self.names / 2)
        for number in 0..<Self.names { #expect(try cache.brief("n\(number).test") == "NOERROR 0 192.0.2.1") }
        #expect(cache.inBackground == limit && cache.source.waiting.count == limit)
        #expect(
            cache.bench.metric("needletail_background_queries_refused_total")
                == "needletail_background_queries_refused_total \(Self.names - limit)")
        #expect(try cache.total(\.prefetches) == UInt64(limit))
        // Those that were refused have lost nothing by it: when there is room, they are asked for.
        cache.release()
        #expect(cache.inBackground == 0 && cache.bench.isIdle)
        _ = try cache.brief("n\(Self.names - 1).test")
        #expect(cache.inBackground == 1 && cache.source.arrivals.count == limit + 1)
    }

    @Test("verify: beyond that, expired answers go out at once")
    func verify() throws {
        let cache = try Self.expired("serve_stale 1h verify")
        let limit = Self.limit(cache)
        let begun = try (0..<Self.names).map { try cache.begin("n\($0).test") }
        #expect(cache.inBackground == limit && begun.count { !$0.isDone } == limit)
        #expect(try cache.plugin.state.board.count == limit)
        cache.release()
        #expect(try begun.allSatisfy { try $0.reply.map(CacheBench.brief) == "NOERROR 0 192.0.2.1" })
        #expect(try cache.plugin.state.board.count == 0 && cache.total(\.servedStale) == UInt64(Self.names))
        #expect(cache.bench.isIdle)
    }

    @Test("verify: when more wait than there is room for, the oldest go with the expired answer, and none is lost")
    func waitingRoom() throws {
        let cache = try Self.expired("serve_stale 1h verify")
        let room = cache.bench.worker.waiting.limit / ResourceLimits.octetsPerQuery
        let begun = try (0..<(room + 500)).map { _ in try cache.begin("n1.test") }
        #expect(cache.source.waiting.count == 1)
        let done = begun.prefix { $0.isDone }.count
        #expect(done >= 500 && begun.dropFirst(done).allSatisfy { !$0.isDone })
        #expect(cache.bench.worker.waiting.octets <= cache.bench.worker.waiting.limit)
        #expect(try begun[0].reply.map(CacheBench.brief) == "NOERROR 0 192.0.2.1")
        cache.release(CacheBench.address(2, "n1.test"))
        #expect(try begun.last?.reply.map(CacheBench.brief) == "NOERROR 60 192.0.2.2")
        #expect(begun.allSatisfy(\.isDone) && cache.bench.worker.waiting.count == 0)
        let dropped = "needletail_dropped_queries_total{reason=\"oldest_waiting\"}"
        #expect(cache.bench.metric(dropped) == "\(dropped) 0")
    }

    @Test("verify: a refresh that has to make room for its own asker lets it go with the expired answer")
    func crowdedOut() throws {
        /// A source whose queries stand in the same room.
        final class Crowd: WaitingTarget, @unchecked Sendable {
            var waiting: [UInt64: Query] = [:]
            var line: WaitingRoom.Line?

            func giveUp(token: UInt64, worker: Worker) -> Bool {
                waiting.removeValue(forKey: token)?.resume(.fail(QueryFailure(.serverFailure, "given up")))
                return true
            }

            func handle(_ query: Query) -> Verdict {
                guard query.isOwn else { return CacheBench.Source.verdict(query, CacheBench.address(1)) }
                let line = line ?? query.worker.openLine(for: self)
                self.line = line
                let token = UInt64(waiting.count)
                waiting[token] = query
                // As large as the whole room.
                _ = query.worker.enter(line, query, token: token, copies: query.worker.waiting.limit)
                return .parked
            }
        }
        let crowd = Crowd()
        let bench = try PluginBench(
            ". {\ncache {\nserve_stale 1h verify 5s\n}\nerratic\n}\n",
            [CachePlugin.definition, ScriptedPlugin.definition { crowd.handle($0) }])
        let question = try CacheBench.question("a.test")
        _ = try bench.send(question)
        bench.worker.now += 61 * CacheFixture.second
        #expect(try bench.send(question).map(CacheBench.brief) == "NOERROR 0 192.0.2.1")
        #expect(crowd.waiting.isEmpty && bench.isIdle && bench.worker.waiting.count == 0)
    }
}

@Suite("cache: several workers")
struct CacheWorkersTests {
    /// Two workers with one cache, on threads of their own, and a source that keeps what it is asked.
    private final class Fixture: @unchecked Sendable {
        let workers: [Worker]
        let plugin: CachePlugin
        // Each is used on its worker's thread only.
        private let tables: [BlockTable]
        private let source = Source()

        /// Queries that nobody answers for now.
        private final class Source: Sendable {
            struct Kept: @unchecked Sendable { let query: Query }
            let kept = Mutex<[Kept]>([])
        }

        init(_ options: String) throws {
            let registry = MetricsRegistry()
            let counters = try ServerCounters(registry)
            let configuration = try CacheFixture.configuration("cache {\n\(options)\n}")
            let plugin = try CachePlugin(configuration, try CacheFixture.context(registry, Handover()))
            self.plugin = plugin
            workers = try (0..<2).map { try Worker(index: $0, shard: registry.makeShard(), counters: counters) }
            let erratic = HandlerPlugin("erratic") { [source] _ in
                ScriptedHandler { query in
                    source.kept.withLock { $0.append(Source.Kept(query: query)) }
                    return .parked
                }
            }
            let identity = BlockIdentity(zones: ["."], zoneNames: [.root], port: 53, serverLabel: "dns://:53")
            let block = ServerBlock(identity: identity, plugins: [plugin, erratic], addresses: [])
            tables = workers.map { BlockTable([(.root, block.makeChain(for: $0))]) }
        }

        /// Puts an answer that has expired into the cache.
        func fill() throws {
            let fixture = try CacheFixture()
            let query = try fixture.query("a.test")
            try fixture.take(query, CacheBench.address(1))
            CacheHandler(plugin, workers[0]).store(query, now: workers[0].now - 61 * CacheFixture.second)
        }

        var asked: Int { source.kept.withLock { $0.count } }

        /// Asks in one worker; `tell` gets the reply.
        func ask(_ worker: Int, _ tell: @escaping @Sendable ([UInt8]?) -> Void) throws {
            let message = try CacheBench.question("a.test").encoded()
            workers[worker].execute { [self] worker in
                let query = Query(worker: worker)
                query.take(message.span)
                query.origin = TCPQueryOrigin(tell)
                worker.process(query, tables[worker.index])
            }
        }

        /// Waits until a worker has done what it was told so far.
        func settle(_ worker: Int) async throws {
            try await outcome(of: "a turn") { teller in workers[worker].execute { _ in teller.tell(()) } }
        }

        /// Has the source answer in the worker that asked it.
        func release(_ reply: CacheReply) {
            for kept in source.kept.withLock({ $0 }) {
                kept.query.worker.execute { _ in kept.query.resume(CacheBench.Source.verdict(kept.query, reply)) }
            }
        }
    }

    @Test("verify: who asks in another worker waits for the same answer, and the source is asked once")
    func joined() async throws {
        let fixture = try Fixture("serve_stale 1h verify")
        try fixture.fill()
        for worker in fixture.workers { try worker.start() }
        defer { for worker in fixture.workers { worker.execute { $0.stop() } } }
        let (replies, continuation) = AsyncStream.makeStream(of: [UInt8]?.self)
        for worker in [0, 1, 1, 0] {
            try fixture.ask(worker) { continuation.yield($0) }
            try await fixture.settle(worker)
        }
        #expect(fixture.asked == 1)
        fixture.release(CacheBench.address(2))
        let briefs = try await outcome(of: "four replies") { (teller: OutcomeTeller<[String]>) in
            Task {
                var briefs: [String] = []
                for await reply in replies.prefix(4) {
                    briefs.append(reply.flatMap { try? Message(decoding: $0.span) }.map(CacheBench.brief) ?? "none")
                }
                teller.tell(briefs)
            }
        }
        #expect(briefs == Array(repeating: "NOERROR 60 192.0.2.2", count: 4))
        #expect(fixture.plugin.state.board.count == 0)
    }

    @Test("immediate: an entry is asked for by one worker only")
    func once() async throws {
        let fixture = try Fixture("serve_stale")
        try fixture.fill()
        for worker in fixture.workers { try worker.start() }
        defer { for worker in fixture.workers { worker.execute { $0.stop() } } }
        for round in 0..<200 { try fixture.ask(round % 2) { _ in } }
        for worker in 0..<2 { try await fixture.settle(worker) }
        #expect(fixture.asked == 1)
        #expect(fixture.workers.map { $0.backgroundCount.load(ordering: .relaxed) }.reduce(0, +) == 1)
    }
}
