import DNSWire
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("cache: prefetch")
struct CachePrefetchTests {
    @Test("what was asked for AMOUNT times is asked for again when PERCENTAGE of its TTL is left; others are not")
    func prefetches() throws {
        let cache = try CacheBench("prefetch 2 1m 10%")
        cache.source.conduct = .reply(CacheBench.address(1, ttl: 80))
        for name in ["a.test", "b.test"] {
            cache.source.conduct = .reply(CacheBench.address(1, name, ttl: 80))
            _ = try cache.brief(name)
        }
        cache.clock(at: 71)
        #expect(try cache.brief("a.test") == "NOERROR 9 192.0.2.1")
        cache.source.conduct = .reply(CacheBench.address(2, ttl: 80))
        cache.clock(at: 72)
        #expect(cache.source.arrivals.count == 2)
        #expect(try cache.brief("b.test") == "NOERROR 8 192.0.2.1" && cache.source.arrivals.count == 2)
        #expect(try cache.brief("a.test") == "NOERROR 8 192.0.2.1" && cache.source.arrivals.count == 3)
        #expect(try cache.brief("a.test") == "NOERROR 80 192.0.2.2")
        #expect(cache.source.arrivals.last == .init(name: "a.test.", flags: 0x0120))
        #expect(try cache.total(\.prefetches) == 1)
        #expect(try cache.total(\.misses) == 2 && cache.total(\.successHits) == 4 && cache.total(\.servedStale) == 0)
    }

    @Test("nothing is asked for without a client's query, and nothing at all with an AMOUNT of 0")
    func rests() throws {
        for (options, expected) in [("prefetch 1", 2), ("prefetch 0", 1), ("", 1)] {
            let cache = try CacheBench(options)
            cache.source.conduct = .reply(CacheBench.address(1))
            _ = try cache.brief("a.test")
            cache.clock(at: 59)
            #expect(cache.source.arrivals.count == 1)
            _ = try cache.brief("a.test")
            #expect(cache.source.arrivals.count == expected, "\(options)")
        }
    }

    @Test("what was popular stays so when it has been asked for again; a pause of DURATION ends that")
    func popularity() throws {
        let cache = try CacheBench("prefetch 3 40s 50%")
        cache.source.conduct = .reply(CacheBench.address(1))
        _ = try cache.brief("a.test")
        for second in [10.0, 20, 30] {
            cache.clock(at: second)
            _ = try cache.brief("a.test")
        }
        #expect(try cache.total(\.prefetches) == 1)
        cache.clock(at: 65)
        _ = try cache.brief("a.test")
        #expect(try cache.total(\.prefetches) == 2)
        cache.clock(at: 106)
        _ = try cache.brief("a.test")
        #expect(try cache.total(\.prefetches) == 2)
    }

    @Test("one refresh of an entry is under way at a time, and one that was lost is begun anew")
    func singleFlight() throws {
        let cache = try CacheBench("prefetch 1 1m 90%")
        cache.source.conduct = .reply(CacheBench.address(1, ttl: 600))
        _ = try cache.brief("a.test")
        cache.source.conduct = .silence
        cache.clock(at: 100)
        for _ in 0..<50 { _ = try cache.brief("a.test") }
        #expect(cache.source.arrivals.count == 2 && cache.inBackground == 1)
        cache.clock(at: 109.9)
        _ = try cache.brief("a.test")
        #expect(cache.source.arrivals.count == 2)
        cache.clock(at: 110)
        _ = try cache.brief("a.test")
        #expect(cache.source.arrivals.count == 3)
        cache.release(CacheBench.address(2, ttl: 600))
        #expect(try cache.brief("a.test") == "NOERROR 600 192.0.2.2")
        #expect(cache.inBackground == 0 && cache.bench.isIdle)
    }

    @Test(
        "a refresh that fails leaves the entry as it is, is not kept, and is not repeated for as long as a failure is kept",
        arguments: [
            CacheReply(code: .serverFailure), CacheReply(code: .refused), CacheReply(code: .notImplemented), nil,
        ])
    func failure(_ reply: CacheReply?) throws {
        let cache = try CacheBench("prefetch 1 1m 50%\nservfail 7s")
        cache.source.conduct = .reply(CacheBench.address(1))
        _ = try cache.brief("a.test")
        cache.source.conduct = reply.map { .reply($0) } ?? .failure
        for (second, arrivals) in [(30.0, 2), (36.9, 2), (37, 3), (43.9, 3), (59, 4)] {
            cache.clock(at: second)
            #expect(try cache.brief("a.test") == "NOERROR \(60 - Int(second)) 192.0.2.1")
            #expect(cache.source.arrivals.count == arrivals)
        }
        let state = try cache.plugin.state
        #expect(state.success.count == 1 && state.denial.count == 0)
    }

    @Test(
        "what comes back has the key of what was asked for: DO and CD stay", arguments: [(true, false), (false, true)])
    func keys(_ dnssecOK: Bool, _ checkingDisabled: Bool) throws {
        let cache = try CacheBench("prefetch 1")
        let edns = EDNS(payloadSize: 4_096, dnssecOK: dnssecOK)
        func ask() throws -> String? {
            try cache.ask("A.test", edns: edns, checkingDisabled: checkingDisabled).map(CacheBench.brief)
        }
        cache.source.conduct = .reply(CacheBench.address(1))
        _ = try ask()
        cache.source.conduct = .reply(CacheBench.address(2))
        cache.clock(at: 59)
        #expect(try ask() == "NOERROR 1 192.0.2.1")
        let arrival = CacheBench.Source.Arrival(
            name: "a.test.", flags: checkingDisabled ? 0x0130 : 0x0120, dnssecOK: dnssecOK)
        #expect(cache.source.arrivals.last == arrival)
        #expect(try ask() == "NOERROR 60 192.0.2.2")
        cache.source.conduct = .reply(CacheBench.address(3))
        #expect(try cache.brief("a.test") == "NOERROR 60 192.0.2.3")
        #expect(try cache.plugin.state.success.count == 2)
    }

    @Test("a denial that the source has now takes the answer's place, and an answer the denial's")
    func denials() throws {
        let cache = try CacheBench("prefetch 1 1m 90%")
        cache.source.conduct = .reply(CacheBench.address(1))
        _ = try cache.brief("a.test")
        cache.source.conduct = .reply(CacheBench.denial)
        cache.clock(at: 10)
        #expect(try cache.brief("a.test") == "NOERROR 50 192.0.2.1")
        #expect(try cache.ask("a.test")?.responseCode == .nameError)
        cache.source.conduct = .reply(CacheBench.address(2))
        cache.clock(at: 20)
        #expect(try cache.ask("a.test")?.responseCode == .nameError)
        #expect(try cache.brief("a.test") == "NOERROR 60 192.0.2.2")
        let state = try cache.plugin.state
        #expect(state.success.count == 1 && state.denial.count == 0)
    }

    @Test("a TTL of a second does not let every query ask again")
    func shortest() throws {
        let cache = try CacheBench("prefetch 1\nsuccess 9984 1 0")
        cache.source.conduct = .reply(CacheBench.address(1, ttl: 1))
        for _ in 0..<20 { #expect(try cache.brief("a.test") == "NOERROR 1 192.0.2.1") }
        #expect(cache.source.arrivals.count == 2)
        cache.clock(at: 0.49)
        _ = try cache.brief("a.test")
        #expect(cache.source.arrivals.count == 2)
        cache.clock(at: 0.5)
        _ = try cache.brief("a.test")
        #expect(cache.source.arrivals.count == 3)
    }

    /// A reply without its records, as it comes over UDP when they do not fit.
    private static let short = CacheReply(flags: MessageHeader.Flags.response | MessageHeader.Flags.truncated)

    @Test("a reply that was cut short over UDP is asked for again over TCP")
    func truncation() throws {
        let cache = try CacheBench("prefetch 1")
        cache.source.conduct = .reply(CacheBench.address(1))
        _ = try cache.brief("a.test")
        cache.source.conduct = .silence
        cache.clock(at: 59)
        _ = try cache.brief("a.test")
        cache.release(Self.short)
        #expect(cache.source.arrivals.map(\.transport) == [.udp, .udp, .tcp])
        cache.release(CacheBench.address(2))
        #expect(try cache.brief("a.test") == "NOERROR 60 192.0.2.2")
        #expect(cache.inBackground == 0 && cache.bench.isIdle)
    }

    @Test("one that is cut short over TCP as well has failed")
    func truncationOverTCP() throws {
        let cache = try CacheBench("prefetch 1")
        cache.source.conduct = .reply(CacheBench.address(1))
        _ = try cache.brief("a.test")
        cache.source.conduct = .reply(Self.short)
        cache.clock(at: 59)
        for _ in 0..<2 { #expect(try cache.brief("a.test") == "NOERROR 1 192.0.2.1") }
        #expect(cache.source.arrivals.count == 3 && cache.bench.isIdle)
    }
}

@Suite struct PrefetchRulesTests {
    /// A rule, the seconds at which an entry of 100 s was asked for, and whether it is due at the last of them.
    static let rows: [(options: String, seconds: [Double], isDue: Bool)] = [
        ("prefetch 1", [90], true), ("prefetch 1", [89.9], false), ("prefetch 1", [99.9], true),
        ("prefetch 1 1m 90%", [10], true), ("prefetch 1 1m 90%", [9], false),
        ("prefetch 2", [95], false), ("prefetch 2", [94, 95], true), ("prefetch 2", [34, 95], false),
        ("prefetch 2", [36, 95], true), ("prefetch 3", [1, 2, 95], false), ("prefetch 3", [1, 50, 95], true),
        ("prefetch 2 0s", [95, 95], true), ("prefetch 2 0s", [94, 95], false),
        ("prefetch 9223372036854775807", [91, 92, 93], false),
    ]

    @Test("popular is what was asked for AMOUNT times without a pause longer than DURATION", arguments: rows)
    func row(_ row: (options: String, seconds: [Double], isDue: Bool)) throws {
        let rules = PrefetchRules(try CacheFixture.configuration("cache {\n\(row.options)\n}").prefetch)
        var entry = try CacheStoreTests.entry("a.test", ttl: 100)
        var isDue = false
        for second in row.seconds {
            let now = UInt64(second * 1e9)
            rules.count(&entry, at: CacheEntry.tick(now))
            entry.lastUsed = CacheEntry.tick(now)
            isDue = rules.isDue(entry, remaining: entry.remaining(at: now), at: now)
        }
        #expect(isDue == row.isDue)
    }

    @Test("there is a second for it however short the TTL, and the count has an end")
    func edges() throws {
        let rules = PrefetchRules(amount: 1, gap: 1, percentage: 10)
        var entry = try CacheStoreTests.entry("a.test", ttl: 5)
        rules.count(&entry, at: 0)
        let second = CacheFixture.second
        #expect(!rules.isDue(entry, remaining: 2, at: 3 * second) && rules.isDue(entry, remaining: 1, at: 4 * second))
        entry.hits = .max
        rules.count(&entry, at: 0)
        #expect(entry.hits == .max)
        // Another worker's clock was ahead.
        entry.lastUsed = 5
        entry.hits = 7
        rules.count(&entry, at: 4)
        #expect(entry.hits == 8)
    }
}
