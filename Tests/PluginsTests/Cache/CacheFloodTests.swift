import DNSWire
import Synchronization
import Telemetry
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
        ///
        /// Unchecked Sendable: everything happens on the test's own thread.
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
    /// Two workers with one cache, both on the test's own thread, and a source that keeps what it is asked.
    private final class Fixture {
        let workers: [Worker]
        let plugin: CachePlugin
        private let tables: [BlockTable]
        private let source: Source

        /// Queries that nobody answers for now.
        ///
        /// Unchecked Sendable: everything happens on the test's own thread.
        private final class Source: @unchecked Sendable {
            var kept: [Query] = []
        }

        init(_ options: String) throws {
            let registry = MetricsRegistry()
            let counters = try ServerCounters(registry)
            let configuration = try CacheFixture.configuration("cache {\n\(options)\n}")
            let plugin = try CachePlugin(configuration, try CacheFixture.context(registry, Handover()))
            let source = Source()
            let erratic = ScriptedPlugin { query in
                source.kept.append(query)
                return .parked
            }
            let identity = BlockIdentity(zones: ["."], zoneNames: [.root], port: 53, serverLabel: "dns://:53")
            let block = ServerBlock(identity: identity, plugins: [plugin, erratic], addresses: [])
            workers = try (0..<2).map { try Worker(index: $0, shard: registry.makeShard(), counters: counters) }
            tables = workers.map { BlockTable([(.root, block.makeChain(for: $0))]) }
            (self.plugin, self.source) = (plugin, source)
            try fill()
        }

        /// Puts an answer that has expired into the cache.
        private func fill() throws {
            let fixture = try CacheFixture()
            let query = try fixture.query("a.test")
            try fixture.take(query, CacheBench.address(1))
            CacheHandler(plugin, workers[0]).store(query, now: workers[0].now - 61 * CacheFixture.second)
        }

        var asked: Int { source.kept.count }

        /// Asks in one worker; `tell` gets the reply.
        func ask(_ worker: Int, _ tell: @escaping @Sendable ([UInt8]?) -> Void) throws {
            let message = try CacheBench.question("a.test").encoded()
            let query = Query(worker: workers[worker])
            query.take(message.span)
            query.origin = TCPQueryOrigin(ReplyRoom(OctetBudget(limit: 1 << 20))) { answer in
                if case .reply(let octets) = answer { tell(octets) } else { tell(nil) }
            }
            workers[worker].process(query, tables[worker])
        }

        /// Has the source answer in the worker that asked it.
        func release(_ reply: CacheReply) {
            for query in source.kept { query.resume(CacheBench.Source.verdict(query, reply)) }
        }
    }

    /// What came back, in a few words, by the number of the query.
    private final class Replies: Sendable {
        private let briefs = Mutex<[Int: String]>([:])

        func take(_ number: Int, _ octets: [UInt8]?) {
            let reply = octets.flatMap { try? Message(decoding: $0.span) }
            briefs.withLock { $0[number] = reply.map(CacheBench.brief) ?? "none" }
        }

        var all: [Int: String] { briefs.withLock { $0 } }
    }

    @Test("verify: who asks in another worker waits for the same answer, and the source is asked once")
    func joined() throws {
        let fixture = try Fixture("serve_stale 1h verify")
        let replies = Replies()
        for (number, worker) in [0, 1, 1, 0].enumerated() { try fixture.ask(worker) { replies.take(number, $0) } }
        #expect(fixture.asked == 1 && replies.all.isEmpty)
        fixture.release(CacheBench.address(2))
        let fresh = "NOERROR 60 192.0.2.2"
        #expect(replies.all == [0: fresh, 3: fresh])
        fixture.workers[1].runMailbox()
        #expect(replies.all == [0: fresh, 1: fresh, 2: fresh, 3: fresh])
        #expect(fixture.plugin.state.board.count == 0)
    }

    @Test("immediate: an entry is asked for by one worker only")
    func once() throws {
        let fixture = try Fixture("serve_stale")
        let replies = Replies()
        for number in 0..<20 { try fixture.ask(number % 2) { replies.take(number, $0) } }
        #expect(fixture.asked == 1 && replies.all.count == 20)
        #expect(fixture.workers.map { $0.backgroundCount.load(ordering: .relaxed) } == [1, 0])
    }
}
