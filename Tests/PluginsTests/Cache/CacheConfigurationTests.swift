import Corefile
import Testing

@testable import Plugins

@Suite struct CacheConfigurationTests {
    @Test("what is not said has CoreDNS's defaults")
    func defaults() throws {
        let configuration = try CacheFixture.configuration("cache")
        #expect(configuration.zones == ["."])
        #expect(configuration.success == .init(capacity: 10_000, maximumTTL: 3_600, minimumTTL: 5))
        #expect(configuration.denial == .init(capacity: 10_000, maximumTTL: 1_800, minimumTTL: 5))
        #expect(configuration.failureTTL == 5)
        #expect(!configuration.keepsTTL)
        #expect(configuration.prefetch.amount == 0 && configuration.stale == nil && configuration.policy == nil)
    }

    @Test(
        "serve_stale takes a mode, and what follows depends on it",
        arguments: [
            ("", 3_600, false, 0, 0, 0), ("90s", 90, false, 0, 0, 0), ("1h Immediate", 3_600, false, 0, 0, 0),
            ("1h immediate 30s", 3_600, false, 0, 30, 0), ("1h immediate 30s 20s", 3_600, false, 0, 30, 20),
            ("24h VERIFY", 86_400, true, 0, 0, 0), ("1h verify 2s", 3_600, true, 2, 0, 0),
            ("1h verify 0 30s", 3_600, true, 0, 30, 0), ("1h verify 2s 30s 5m", 3_600, true, 2, 30, 300),
        ] as [(String, Int, Bool, Int, UInt32, Int)])
    func stale(_ text: String, _ limit: Int, _ verifies: Bool, _ timeout: Int, _ ttl: UInt32, _ recheck: Int) throws {
        let configuration = try CacheFixture.configuration(
            "cache {\nserve_stale 7s verify 1s 1s 1s\nserve_stale \(text)\n}")
        #expect(
            configuration.stale
                == .init(
                    limit: .seconds(limit), verifies: verifies, timeout: .seconds(timeout), ttl: ttl,
                    recheck: .seconds(recheck)))
    }

    @Test("prefetch has CoreDNS's defaults; the policy may stand before serve_stale")
    func prefetch() throws {
        let short = try CacheFixture.configuration("cache {\nprefetch 10\n}").prefetch
        #expect(short == .init(amount: 10, gap: .seconds(60), percentage: 10))
        let long = try CacheFixture.configuration("cache {\nprefetch 10 30s 25%\n}").prefetch
        #expect(long == .init(amount: 10, gap: .seconds(30), percentage: 25))
        let text = "cache {\nserve_stale_policy Prefer_Positive\nserve_stale\n}"
        #expect(StaleRules(try CacheFixture.configuration(text)).prefersPositive)
    }

    @Test("every option that is served is read")
    func options() throws {
        let configuration = try CacheFixture.configuration(
            """
            cache 30 Example.org 10.0.0.0/24 {
                success 5000 60 0
                denial 2500 20
                servfail 1m
                disable success cluster.local
                disable denial
                keepttl
            }
            """)
        #expect(configuration.zones == ["example.org.", "0.0.10.in-addr.arpa."])
        #expect(
            configuration.success
                == .init(capacity: 5_000, maximumTTL: 60, minimumTTL: 0, disabledZones: ["cluster.local."]))
        #expect(configuration.denial == .init(capacity: 2_500, maximumTTL: 20, minimumTTL: 5, disabledZones: ["."]))
        #expect(configuration.failureTTL == 60)
        #expect(configuration.keepsTTL)
    }

    @Test("one number is the longest TTL of both caches; a first word that is none is a zone")
    func firstWord() throws {
        let number = try CacheFixture.configuration("cache 30")
        #expect(number.success.maximumTTL == 30 && number.denial.maximumTTL == 30)
        #expect(try CacheFixture.configuration("cache 3x.test").zones == ["3x.test."])
    }

    @Test(
        "a mistake is told in CoreDNS's words, at its place",
        arguments: [
            ("cache 0", "cache TTL can not be zero or negative: 0", 2, 7),
            ("cache -1", "cache TTL can not be zero or negative: -1", 2, 7),
            ("cache a..b", "zone is not a valid domain name", 2, 7),
            ("cache\ncache", "this plugin can only be used once per Server Block", 3, 1),
            ("cache {\nsuccess\n}", "Wrong argument count or unexpected line ending after 'success'", 3, 1),
            ("cache {\nsuccess x\n}", "strconv.Atoi: parsing \"x\": invalid syntax", 3, 9),
            ("cache {\nsuccess 9 0\n}", "cache TTL can not be zero or negative: 0", 3, 11),
            ("cache {\ndenial 9 9 -1\n}", "cache min TTL can not be negative: -1", 3, 12),
            ("cache {\nservfail -1s\n}", "invalid negative ttl for servfail", 3, 10),
            ("cache {\nservfail 6m\n}", "caching SERVFAIL responses over 5 minutes is not permitted", 3, 10),
            ("cache {\ndisable both\n}", "cache type for disable must be \"success\" or \"denial\"", 3, 9),
            ("cache {\ndisable success b.test a..b\n}", "invalid disabled zone: a..b", 3, 24),
            ("cache {\nkeepttl 1\n}", "Wrong argument count or unexpected line ending after '1'", 3, 9),
            ("cache {\nfoo\n}", "Wrong argument count or unexpected line ending after 'foo'", 3, 1),
            ("cache {\nprefetch\n}", "Wrong argument count or unexpected line ending after 'prefetch'", 3, 1),
            ("cache {\nprefetch 1 1m 10% x\n}", "Wrong argument count or unexpected line ending after 'x'", 3, 19),
            ("cache {\nprefetch x\n}", "strconv.Atoi: parsing \"x\": invalid syntax", 3, 10),
            ("cache {\nprefetch -1\n}", "prefetch amount should be positive: -1", 3, 10),
            ("cache {\nprefetch 1 1\n}", "time: missing unit in duration \"1\"", 3, 12),
            ("cache {\nprefetch 1 -1s\n}", "prefetch duration can not be negative: -1s", 3, 12),
            ("cache {\nprefetch 1 1m 25\n}", "last character of percentage should be `%`, but is: '5'", 3, 15),
            ("cache {\nprefetch 1 1m %\n}", "strconv.Atoi: parsing \"\": invalid syntax", 3, 15),
            ("cache {\nprefetch 1 1m 9%\n}", "percentage should fall in range [10, 90]: 9", 3, 15),
            ("cache {\nprefetch 1 1m 91%\n}", "percentage should fall in range [10, 90]: 91", 3, 15),
            ("cache {\nserve_stale 1\n}", "time: missing unit in duration \"1\"", 3, 13),
            ("cache {\nserve_stale -1s\n}", "invalid negative duration for serve_stale", 3, 13),
            ("cache {\nserve_stale 1h Later\n}", "invalid value for serve_stale refresh mode: later", 3, 16),
            ("cache {\nserve_stale 1h verify 1\n}", "invalid serve_stale verify timeout: time: missing unit", 3, 23),
            ("cache {\nserve_stale 1h verify -1s\n}", "invalid negative timeout for serve_stale verify", 3, 23),
            ("cache {\nserve_stale 1h immediate x\n}", "invalid serve_stale response TTL: time: invalid", 3, 26),
            (
                "cache {\nserve_stale 1h immediate -1s\n}", "invalid negative response TTL for serve_stale", 3, 26
            ),
            (
                "cache {\nserve_stale 1h verify 0 1500ms\n}",
                "serve_stale response TTL must be a whole number of seconds", 3, 25
            ),
            (
                "cache {\nserve_stale 1h immediate 4294967296s\n}",
                "serve_stale response TTL exceeds the DNS TTL range", 3, 26
            ),
            ("cache {\nserve_stale 1h immediate 0s x\n}", "invalid serve_stale failure recheck: time: invalid", 3, 29),
            (
                "cache {\nserve_stale 1h immediate 0s -1s\n}", "invalid negative failure recheck for serve_stale", 3, 29
            ),
            (
                "cache {\nserve_stale 1h verify 0s 0s 5m1s\n}", "serve_stale failure recheck cannot exceed 5 minutes",
                3,
                29
            ),
            (
                "cache {\nserve_stale 1h immediate 0s 0s 0s\n}",
                "Wrong argument count or unexpected line ending after '0s'", 3, 32
            ),
            (
                "cache {\nserve_stale 1h verify 0s 0s 0s 0s\n}",
                "Wrong argument count or unexpected line ending after '0s'", 3, 32
            ),
            ("cache {\n serve_stale_policy prefer_positive\n}", "serve_stale_policy requires serve_stale", 3, 2),
            (
                "cache {\nserve_stale\nserve_stale_policy\n}",
                "Wrong argument count or unexpected line ending after 'serve_stale_policy'", 4, 1
            ),
            ("cache {\nserve_stale\nserve_stale_policy best\n}", "invalid serve_stale_policy: best", 4, 20),
            (
                "cache {\nserve_stale\nserve_stale_policy prefer_positive x\n}",
                "Wrong argument count or unexpected line ending after 'x'", 4, 36
            ),
            (
                "cache {\nserve_stale\nserve_stale_policy prefer_positive\nserve_stale_policy prefer_positive\n}",
                "serve_stale_policy can only be specified once", 5, 1
            ),
        ])
    func mistake(_ text: String, _ fragment: String, _ line: Int, _ column: Int) {
        let error = #expect(throws: ConfigurationError.self) { try CacheFixture.configuration(text) }
        #expect(error?.message.contains(fragment) == true, "\(String(describing: error))")
        #expect(error?.plugin == "cache")
        #expect(error?.line == line)
        #expect(error?.column == column)
    }
}
