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
            ("cache {\nkeepttl 1\n}", "Wrong argument count or unexpected line ending after '1'", 3, 9),
            ("cache {\nfoo\n}", "Wrong argument count or unexpected line ending after 'foo'", 3, 1),
            ("cache {\n prefetch 10\n}", "'prefetch' is not served yet", 3, 2),
            ("cache {\nserve_stale\n}", "'serve_stale' is not served yet", 3, 1),
            ("cache {\nserve_stale_policy prefer_positive\n}", "'serve_stale_policy' is not served yet", 3, 1),
        ])
    func mistake(_ text: String, _ fragment: String, _ line: Int, _ column: Int) {
        let error = #expect(throws: ConfigurationError.self) { try CacheFixture.configuration(text) }
        #expect(error?.message.contains(fragment) == true, "\(String(describing: error))")
        #expect(error?.plugin == "cache")
        #expect(error?.line == line)
        #expect(error?.column == column)
    }
}
