import DNSWire
import Telemetry
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("cache: reload")
struct CacheReloadTests {
    private static let second = CacheFixture.second

    /// A cache as it is before a reload: an answer and a denial came a second ago, for an hour and half of one, and a failure.
    private final class Before {
        let handover = Handover()
        let fixture: CacheFixture
        let now = SystemClock.monotonic

        init(_ text: String) throws {
            fixture = try CacheFixture(text, in: handover)
            let came = now - CacheReloadTests.second
            try fixture.reply(try fixture.query("a.test"), CacheReply(answers: ["a.test 3600 A"]), at: came)
            try fixture.reply(
                try fixture.query("no.test"), CacheReply(code: .nameError, authorities: ["test 1800 SOA 1800"]),
                at: came)
            try fixture.reply(try fixture.query("fail.test"), CacheReply(code: .serverFailure), at: came)
        }

        /// The cache after a reload that gives it these settings.
        func reload(_ text: String) async throws -> CacheFixture {
            let after = try CacheFixture(text, in: Handover(after: handover))
            await after.plugin.didStart()
            return after
        }

        /// What is left of the TTLs.
        func ttls(_ after: CacheFixture) throws -> [UInt32?] {
            try ["a.test", "no.test"].map { name in
                let answer = try after.answer(try after.query(name), at: now)
                return (answer.map { $0.answers + $0.authorities })?.first?.ttl
            }
        }
    }

    @Test(
        "no entry is lost by other settings, as long as they allow it",
        arguments: [
            "cache", "cache 3600", "cache 7200", "cache example.org . {\nkeepttl\n}", "cache {\nprefetch 10\n}",
            "cache {\nserve_stale 1h verify\nserve_stale_policy prefer_positive\n}",
            "cache {\nsuccess 20000 3600 60\ndenial 20000 1800\nservfail 1m\n}",
            "cache {\ndisable success example.org\n}",
        ])
    func kept(_ text: String) async throws {
        let before = try Before("cache")
        let after = try await before.reload(text)
        #expect(after.entries == 3)
        #expect(try before.ttls(after) == (text.contains("keepttl") ? [3_600, 1_800] : [3_599, 1_799]))
    }

    @Test("what plugins of this server have answered is asked of them again after a reload, what upstreams said is not")
    func local() async throws {
        let store = CacheStore(CacheBounds(capacity: 1_024))
        for number in 0..<100 {
            let name = "n\(number).test"
            _ = store.insert(try CacheStoreTests.entry(name, ttl: 60, isLocal: number.isMultiple(of: 4)))
        }
        store.removeLocal()
        #expect(store.count == 75)
        for number in 0..<100 {
            let name = try Name(parsing: "n\(number).test").wire
            let isThere = store.withEntry(try CacheStoreTests.key("n\(number).test"), name.span) { _ in true } ?? false
            #expect(isThere == !number.isMultiple(of: 4))
        }
    }

    @Test("replies of upstreams outlive a reload, those of other plugins do not")
    func sources() async throws {
        let upstream = try await ScriptedDatagrams { query, _ in [ScriptedReply.answer(query)] }
        for (plugin, kept) in [("forward", 1), ("erratic", 0)] {
            let local = ScriptedPlugin.definition { query in
                query.beginReply()
                let address: [UInt8] = [192, 0, 2, 1]
                query.reply.appendRecord(ownerAt: 12, type: .A, ttl: 60, data: address.span)
                return .reply
            }
            let source = plugin == "forward" ? "forward . 127.0.0.1:\(upstream.port)" : plugin
            let bench = try PluginBench(
                ". {\ncache\n\(source)\n}\n", [CachePlugin.definition, local, ForwardPlugin.definition])
            #expect(try await bench.askOnWorker("a.test")?.answers.count == 1)
            let cache = try bench.plugin(CachePlugin.self)
            #expect(cache.state.success.count == 1)
            await cache.didStart()
            #expect(cache.state.success.count == kept)
        }
    }

    @Test("a lower TTL holds for what is there already, and for what the chain before still brings")
    func lowerTTL() async throws {
        let before = try Before("cache")
        let after = try await before.reload("cache 30")
        #expect(try before.ttls(after) == [29, 29])
        let late = try before.fixture.query("late.test")
        try before.fixture.reply(late, CacheReply(answers: ["late.test 3600 A"]), at: before.now)
        #expect(try after.answer(try after.query("late.test"), at: before.now)?.answers.first?.ttl == 30)
        #expect(try before.ttls(try await before.reload("cache {\nsuccess 9984 1\ndenial 9984 1\n}")) == [nil, nil])
    }

    @Test("servfail 0: no failure answers any more, nor is one kept that the chain before still brings")
    func failures() async throws {
        let before = try Before("cache")
        #expect(try before.fixture.answer(try before.fixture.query("fail.test"), at: before.now) != nil)
        let after = try await before.reload("cache {\nservfail 0s\n}")
        #expect(try after.answer(try after.query("fail.test"), at: before.now) == nil)
        let late = try before.fixture.query("late.test")
        try before.fixture.reply(late, CacheReply(code: .serverFailure), at: before.now)
        #expect(try after.answer(try after.query("late.test"), at: before.now) == nil)
        #expect(try before.ttls(after) == [3_599, 1_799])
    }

    @Test("zones of which nothing is kept any more are not answered from the cache")
    func disabled() async throws {
        let before = try Before("cache")
        #expect(try before.ttls(try await before.reload("cache {\ndisable success test\n}")) == [nil, 1_799])
        #expect(try before.ttls(try await before.reload("cache {\ndisable denial\n}")) == [3_599, nil])
    }

    @Test("serve_stale finds what expired before it was turned on")
    func stale() async throws {
        let before = try Before("cache 1")
        #expect(try before.ttls(try await before.reload("cache 1 {\nserve_stale 1h immediate 7s\n}")) == [7, 7])
    }

    @Test("a configuration that does not come to serve changes nothing")
    func abandoned() throws {
        let before = try Before("cache")
        _ = try CacheFixture("cache 1 {\nsuccess 1024\n}", in: Handover(after: before.handover))
        #expect(try before.ttls(before.fixture) == [3_599, 1_799])
    }

    @Test("a cache belongs to the server and the block's first zone")
    func owners() throws {
        func key(_ zones: [String], _ label: String = "dns://:53") -> String {
            CacheState.key(BlockIdentity(zones: zones, zoneNames: [], port: 53, serverLabel: label))
        }
        #expect(key(["a.", "b."]) == key(["a."]))
        #expect(key(["a."]) != key(["b."]) && key(["a."]) != key(["a."], "dns://:54"))
    }
}
