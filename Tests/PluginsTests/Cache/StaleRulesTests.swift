import DNSWire
import Testing

@testable import DNSServer
@testable import Plugins

@Suite struct StaleRulesTests {
    private static let second = CacheFixture.second

    @Test(
        "what an expired entry is good for",
        arguments: [
            (60.0, 0.0, CacheFinding.staleAndDue), (60, 60, .staleAndDue), (60, 60.5, .stale), (69.9, 0, .staleAndDue),
            (70, 0, .nothing), (70, 80, .nothing),
        ])
    func finding(_ now: Double, _ nextRefresh: Double, _ expected: CacheFinding) throws {
        let rules = StaleRules(limit: 10 * Self.second)
        var entry = try CacheStoreTests.entry("a.test", ttl: 60)
        entry.nextRefresh = UInt64(nextRefresh * 1e9)
        #expect(rules.finding(entry, at: UInt64(now * 1e9)) == expected)
        #expect(StaleRules().finding(entry, at: UInt64(now * 1e9)) == .nothing)
        let failure = try CacheStoreTests.entry("a.test", code: .notImplemented, ttl: 60)
        #expect(rules.finding(failure, at: UInt64(now * 1e9)) == .nothing)
    }

    @Test(
        "when the source may be asked again after a failure, for an entry that expires after 60 s",
        arguments: [
            // Before it expires: the pause of failures, or RECHECK, and not beyond the end without one.
            (0, 10, 15), (0, 58, 60), (30, 10, 40), (30, 58, 88), (1, 10, 15),
            // From then on: RECHECK alone.
            (0, 60, 60), (0, 99, 99), (30, 60, 90),
        ] as [(UInt64, UInt64, UInt64)])
    func nextRefresh(_ recheck: UInt64, _ failed: UInt64, _ next: UInt64) {
        let rules = StaleRules(recheck: recheck * Self.second, prefetchPause: 5 * Self.second)
        #expect(
            rules.nextRefresh(afterFailureAt: failed * Self.second, expiry: 60 * Self.second) == next * Self.second)
    }

    @Test("RFC 9520 §3.2: a failure counts for a second at least, whatever servfail says")
    func pause() throws {
        for (text, seconds) in [("servfail 0", 1), ("servfail 20s", 20), ("", 5)] as [(String, UInt64)] {
            let rules = StaleRules(try CacheFixture.configuration("cache {\n\(text)\n}"))
            #expect(rules.prefetchPause == seconds * Self.second)
        }
    }

    @Test("prefer_positive protects what has an answer and has not expired for too long")
    func protects() throws {
        var rules = StaleRules(limit: 10 * Self.second, prefersPositive: true)
        let answer = try CacheStoreTests.entry("a.test", octets: 4, ttl: 60)
        let nothing = try CacheStoreTests.entry("a.test", ttl: 60)
        // The entries of these tests do not count their records.
        #expect(!rules.protects(nothing, at: 0))
        let fixture = try CacheFixture()
        try fixture.reply(try fixture.query("a.test"), CacheBench.address(1), at: 0)
        let key = answer.key
        func isProtected(_ now: UInt64) throws -> Bool? {
            let wire = try Name(parsing: "a.test").wire
            return fixture.plugin.state.success.withEntry(key, wire.span) { [rules] in rules.protects($0, at: now) }
        }
        #expect(try isProtected(0) == true && isProtected(69 * Self.second) == true)
        #expect(try isProtected(70 * Self.second) == false)
        rules.prefersPositive = false
        #expect(try isProtected(0) == false)
    }
}

@Suite struct RefreshVerdictTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var reply: CacheReply
        var options = ""
        var dnssecOK = false
        var plain: RefreshVerdict
        /// The same for an answer that only an answer may replace.
        var protected: RefreshVerdict
    }

    static let rows: [Row] = [
        Row(testDescription: "an answer", reply: CacheBench.address(1), plain: .replaces, protected: .replaces),
        Row(
            testDescription: "an answer without a TTL", reply: CacheBench.address(1, ttl: 0),
            options: "success 9984 60 0", plain: .removes, protected: .removes),
        Row(testDescription: "a denial", reply: CacheBench.denial, plain: .replaces, protected: .standsBeside),
        Row(
            testDescription: "no such data", reply: .init(authorities: [CacheReply.soa]), plain: .replaces,
            protected: .standsBeside),
        Row(
            testDescription: "a denial without a TTL", reply: .init(code: .nameError, authorities: ["test 0 SOA 0"]),
            options: "denial 9984 60 0", plain: .removes, protected: .failed),
        Row(
            testDescription: "a denial without SOA", reply: .init(code: .nameError), plain: .removes, protected: .failed
        ),
        Row(
            testDescription: "an alias of a name that does not exist",
            reply: .init(code: .nameError, answers: ["a.test 60 CNAME b.test"], authorities: [CacheReply.soa]),
            plain: .removes, protected: .failed),
        Row(
            testDescription: "an alias that leads nowhere", reply: .init(answers: ["a.test 60 CNAME b.test"]),
            plain: .failed, protected: .failed),
        Row(
            testDescription: "an alias without the data, with SOA",
            reply: .init(answers: ["a.test 60 CNAME b.test"], authorities: [CacheReply.soa]), plain: .replaces,
            protected: .standsBeside),
        Row(testDescription: "nothing at all", reply: .init(), plain: .replaces, protected: .failed),
        Row(
            testDescription: "a referral", reply: .init(authorities: ["test 60 NS"]), plain: .replaces,
            protected: .failed),
        Row(
            testDescription: "a signature out of date",
            reply: .init(answers: ["a.test 60 A", "a.test 60 RRSIG 1"]), dnssecOK: true, plain: .failed,
            protected: .failed),
        Row(testDescription: "SERVFAIL", reply: .init(code: .serverFailure), plain: .failed, protected: .failed),
        Row(testDescription: "NOTIMP", reply: .init(code: .notImplemented), plain: .failed, protected: .failed),
        Row(testDescription: "REFUSED", reply: .init(code: .refused), plain: .failed, protected: .failed),
        Row(
            testDescription: "a reply that was cut short",
            reply: .init(answers: ["a.test 60 A"], flags: 0x8000 | MessageHeader.Flags.truncated), plain: .failed,
            protected: .failed),
    ]

    @Test("RFC 8767 §4: what a reply does to the entry that it was asked for again for", arguments: rows)
    func row(_ row: Row) throws {
        let fixture = try CacheFixture("cache {\n\(row.options)\n}")
        let query = try fixture.query("a.test", dnssecOK: row.dnssecOK)
        try fixture.take(query, row.reply)
        query.reply.finish()
        let policy = try fixture.handler.judge(query)
        for (isProtected, expected) in [(false, row.plain), (true, row.protected)] {
            let verdict = RefreshVerdict(
                policy, code: query.responseCode, isTruncated: query.reply.header.flags.isTruncated,
                answerCount: query.reply.header.answerCount, isProtected: isProtected)
            #expect(verdict == expected)
        }
    }
}
