import DNSWire
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("cache: serve_stale")
struct CacheStaleTests {
    /// A cache with an answer that has come at the start and is good for a minute.
    static func cache(_ options: String) throws -> CacheBench {
        let cache = try CacheBench(options)
        cache.source.conduct = .reply(CacheBench.address(1))
        _ = try cache.brief("a.test")
        return cache
    }

    @Test("an expired answer goes out at once, with a TTL of 0, and the source is asked after that")
    func immediate() throws {
        let cache = try Self.cache("serve_stale")
        cache.source.conduct = .silence
        cache.clock(at: 60)
        #expect(try cache.brief("a.test") == "NOERROR 0 192.0.2.1")
        #expect(cache.source.arrivals.last == .init(name: "a.test.", flags: 0x0120))
        cache.release(CacheBench.address(2))
        #expect(try cache.brief("a.test") == "NOERROR 60 192.0.2.2")
        #expect(try cache.total(\.servedStale) == 1 && cache.total(\.prefetches) == 1)
        #expect(try cache.total(\.requests) == 3 && cache.total(\.misses) == 1 && cache.total(\.successHits) == 2)
    }

    @Test(
        "expired answers are good for DURATION, and no longer",
        arguments: [
            ("serve_stale", 3_659.9, true), ("serve_stale", 3_660, false), ("serve_stale 10s", 69.9, true),
            ("serve_stale 10s", 70, false), ("serve_stale 0s", 60, false), ("", 60, false),
            ("serve_stale 1000000h", 1e9, true),
        ])
    func duration(_ options: String, _ second: Double, _ isServed: Bool) throws {
        let cache = try Self.cache(options)
        cache.source.conduct = .failure
        cache.clock(at: second)
        #expect(try cache.brief("a.test") == (isServed ? "NOERROR 0 192.0.2.1" : "SERVFAIL"))
    }

    @Test("RESPONSE_TTL is the TTL of expired answers, also with keepttl")
    func responseTTL() throws {
        for options in ["serve_stale 1h immediate 30s", "serve_stale 1h immediate 30s\nkeepttl"] {
            let cache = try Self.cache(options)
            cache.source.conduct = .failure
            cache.clock(at: 61)
            #expect(try cache.brief("a.test") == "NOERROR 30 192.0.2.1")
        }
        let cache = try Self.cache("serve_stale\nkeepttl")
        cache.clock(at: 59)
        #expect(try cache.brief("a.test") == "NOERROR 60 192.0.2.1")
        cache.clock(at: 60)
        #expect(try cache.brief("a.test") == "NOERROR 0 192.0.2.1")
    }

    @Test("RFC 8914: askers with EDNS are told that an answer is stale")
    func extendedError() throws {
        let cache = try Self.cache("serve_stale")
        cache.source.conduct = .reply(CacheBench.denial)
        _ = try cache.ask("no.test")
        cache.source.conduct = .failure
        let edns = EDNS(payloadSize: 1_232, options: [EDNSOption(.cookie, [1, 2, 3, 4, 5, 6, 7, 8])])
        #expect(try cache.ask("a.test", edns: edns)?.edns?.options == [])
        cache.clock(at: 61)
        #expect(try cache.ask("a.test", edns: edns)?.edns?.options == [EDNSOption(.extendedError, [0, 3])])
        #expect(
            try cache.ask("no.test", edns: EDNS(payloadSize: 1_232))?.edns?.options
                == [EDNSOption(.extendedError, [0, 19])])
        let plain = try #require(try cache.ask("a.test"))
        #expect(plain.edns == nil && plain.additionals.isEmpty && plain.flags.isAuthoritative)
    }

    @Test("one refresh of an entry is under way at a time")
    func singleFlight() throws {
        let cache = try Self.cache("serve_stale")
        cache.source.conduct = .silence
        cache.clock(at: 61)
        for _ in 0..<100 { #expect(try cache.brief("a.test") == "NOERROR 0 192.0.2.1") }
        #expect(cache.source.arrivals.count == 2 && cache.inBackground == 1)
        cache.release()
        #expect(cache.inBackground == 0 && cache.bench.isIdle)
    }

    @Test("RECHECK: the source is left alone for so long after it has failed; without it the next query asks again")
    func recheck() throws {
        let patient = try Self.cache("serve_stale 1h immediate 30s 30s")
        patient.source.conduct = .failure
        for (second, arrivals) in [(61.0, 2), (62, 2), (90.9, 2), (91, 3), (120, 3), (121, 4)] {
            patient.clock(at: second)
            #expect(try patient.brief("a.test") == "NOERROR 30 192.0.2.1")
            #expect(patient.source.arrivals.count == arrivals, "at \(second)")
        }
        let eager = try Self.cache("serve_stale")
        eager.source.conduct = .failure
        eager.clock(at: 61)
        for arrivals in 2...5 {
            #expect(try eager.brief("a.test") == "NOERROR 0 192.0.2.1" && eager.source.arrivals.count == arrivals)
        }
    }

    @Test(
        "an answer survives a source that fails, however it does so, and the failure is not kept",
        arguments: [
            .reply(CacheReply(code: .serverFailure)), .reply(CacheReply(code: .refused)),
            .reply(CacheReply(code: .notImplemented)), .reply(CacheReply(code: .formatError)), .failure, .drop,
            .reply(CacheReply(answers: ["a.test 60 CNAME b.test"])),
        ] as [CacheBench.Source.Conduct])
    func survives(_ conduct: CacheBench.Source.Conduct) throws {
        let cache = try Self.cache("serve_stale")
        cache.source.conduct = conduct
        cache.clock(at: 61)
        for _ in 0..<3 { #expect(try cache.brief("a.test") == "NOERROR 0 192.0.2.1") }
        let state = try cache.plugin.state
        #expect(state.success.count == 1 && state.denial.count == 0)
        cache.source.conduct = .reply(CacheBench.address(2))
        _ = try cache.brief("a.test")
        #expect(try cache.brief("a.test") == "NOERROR 60 192.0.2.2")
    }

    @Test("an answer goes before a failure that was kept, as long as it may answer at all")
    func failureBeside() throws {
        let fixture = try CacheFixture("cache {\nserve_stale 1m\nservfail 5m\n}")
        let second = CacheFixture.second
        try fixture.reply(try fixture.query("a.test"), CacheBench.address(1))
        try fixture.reply(try fixture.query("a.test"), CacheReply(code: .serverFailure), at: 61 * second)
        #expect(try fixture.answer(try fixture.query("a.test"), at: 62 * second)?.responseCode == .noError)
        #expect(try fixture.answer(try fixture.query("a.test"), at: 120 * second)?.responseCode == .serverFailure)
    }

    @Test("RFC 2308 §7: a failure answers for its own time only")
    func failures() throws {
        let cache = try CacheBench("serve_stale")
        cache.source.conduct = .reply(CacheReply(code: .serverFailure))
        _ = try cache.ask("a.test")
        cache.clock(at: 4)
        #expect(try cache.ask("a.test")?.responseCode == .serverFailure && cache.source.arrivals.count == 1)
        cache.source.conduct = .reply(CacheBench.address(1))
        cache.clock(at: 5)
        #expect(try cache.brief("a.test") == "NOERROR 60 192.0.2.1")
    }

    @Test("denials are served as well; what the source says takes their place")
    func denials() throws {
        let cache = try CacheBench("serve_stale")
        cache.source.conduct = .reply(CacheBench.denial)
        _ = try cache.ask("a.test")
        cache.source.conduct = .reply(CacheBench.address(1))
        cache.clock(at: 61)
        let stale = try #require(try cache.ask("a.test"))
        #expect(stale.responseCode == .nameError && stale.authorities.map(\.ttl) == [0])
        #expect(try cache.brief("a.test") == "NOERROR 60 192.0.2.1")
        cache.source.conduct = .reply(CacheBench.denial)
        cache.clock(at: 122)
        #expect(try cache.brief("a.test") == "NOERROR 0 192.0.2.1")
        #expect(try cache.ask("a.test")?.responseCode == .nameError)
        let state = try cache.plugin.state
        #expect(state.success.count == 0 && state.denial.count == 1)
    }

    @Test(
        "a reply that may not be kept still says that the entry is out of date", arguments: ["", "prefetch 1 1m 90%"])
    func unkept(_ more: String) throws {
        for reply in [
            CacheBench.address(2, ttl: 0), CacheReply(code: .nameError),
            CacheReply(code: .nameError, answers: ["a.test 60 CNAME b.test"], authorities: [CacheReply.soa]),
        ] {
            let cache = try Self.cache("serve_stale\nsuccess 9984 3600 0\n\(more)")
            cache.source.conduct = .reply(reply)
            cache.clock(at: more.isEmpty ? 61 : 50)
            _ = try cache.ask("a.test")
            #expect(try cache.plugin.state.success.count == 0)
        }
    }
}

@Suite("cache: serve_stale_policy prefer_positive")
struct CachePolicyPreferenceTests {
    private static func cache(_ options: String) throws -> CacheBench {
        try CacheStaleTests.cache("serve_stale 10m\nserve_stale_policy prefer_positive\n" + options)
    }

    @Test(
        "an answer goes before a denial that came later until it has expired for DURATION; the denial is kept beside it"
    )
    func answersFirst() throws {
        let cache = try Self.cache("denial 9984 1800 1800")
        cache.source.conduct = .reply(CacheBench.denial)
        for second in [61.0, 300, 659] {
            cache.clock(at: second)
            #expect(try cache.brief("a.test") == "NOERROR 0 192.0.2.1")
        }
        let state = try cache.plugin.state
        #expect(state.success.count == 1 && state.denial.count == 1)
        cache.clock(at: 660)
        #expect(try cache.ask("a.test")?.responseCode == .nameError)
    }

    @Test("a reply that answers nothing does not take an answer's place")
    func nothing() throws {
        for reply in [CacheReply(), CacheReply(authorities: ["test 60 NS"]), CacheReply(additionals: ["x.test 60 A"])] {
            let cache = try Self.cache("")
            cache.source.conduct = .reply(reply)
            cache.clock(at: 61)
            for _ in 0..<2 { #expect(try cache.brief("a.test") == "NOERROR 0 192.0.2.1") }
            // Nor when it is the reply to a client that was faster.
            let handler = CacheHandler(try cache.plugin, cache.bench.worker)
            let fixture = try CacheFixture()
            let query = try fixture.query("a.test")
            try fixture.take(query, reply)
            handler.store(query, now: cache.bench.worker.now)
            #expect(try cache.brief("a.test") == "NOERROR 0 192.0.2.1")
        }
    }

    @Test("an answer takes an answer's place, and ends a denial")
    func newAnswer() throws {
        let cache = try Self.cache("")
        cache.source.conduct = .reply(CacheBench.denial)
        cache.clock(at: 61)
        _ = try cache.brief("a.test")
        cache.source.conduct = .reply(CacheBench.address(2))
        _ = try cache.brief("a.test")
        #expect(try cache.brief("a.test") == "NOERROR 60 192.0.2.2")
        #expect(try cache.plugin.state.denial.count == 0)
    }

    @Test("RECHECK holds for denials as for failures")
    func recheck() throws {
        let cache = try CacheStaleTests.cache("serve_stale 10m immediate 30s 30s\nserve_stale_policy prefer_positive")
        cache.source.conduct = .reply(CacheBench.denial)
        for (second, arrivals) in [(61.0, 2), (90, 2), (91, 3)] {
            cache.clock(at: second)
            #expect(try cache.brief("a.test") == "NOERROR 30 192.0.2.1")
            #expect(cache.source.arrivals.count == arrivals)
        }
    }
}
