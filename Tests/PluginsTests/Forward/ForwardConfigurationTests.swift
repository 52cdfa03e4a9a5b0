import Corefile
import DNSServer
import Glibc
import Testing

@testable import Plugins

@Suite struct ForwardConfigurationTests {
    static func read(_ text: String) throws(ConfigurationError) -> [ForwardConfiguration] {
        let corefile = try Corefile.parse(text: ".:53 {\n\(text)\n}\n")
        return try ForwardConfiguration.directive.readEach(
            corefile.blocks[0].directives, serverZones: corefile.blocks[0].zones, initial: ForwardConfiguration())
    }

    @Test("what is not said has CoreDNS's defaults")
    func defaults() throws {
        let configuration = try #require(try Self.read("forward . 192.0.2.1").first)
        #expect(configuration.from == ".")
        #expect(configuration.upstreams.map(\.description) == ["192.0.2.1:53"])
        #expect(configuration.policy == .random)
        #expect(configuration.maximumFails == 2)
        #expect(configuration.maximumConcurrent == 0)
        #expect(configuration.healthCheck == .init(interval: .milliseconds(500), isRecursive: true, domain: "."))
        #expect(configuration.expire == .seconds(10))
        #expect(configuration.readTimeout == .seconds(2))
        #expect(!configuration.forcesTCP && !configuration.prefersUDP)
    }

    @Test("every option that is served is read")
    func options() throws {
        let text = """
            forward Example.org. dns://192.0.2.1 192.0.2.2:5353 [2001:db8::1]:54 2001:db8::2 192.0.2.1:53 {
                except a.example.org b.example.org
                except c.example.org
                policy round_robin
                max_fails 0
                health_check 250ms no_rec domain Health.example
                max_concurrent 1000
                force_tcp
                prefer_udp
                expire 20s
                read_timeout 1500ms
            }
            """
        let configuration = try #require(try Self.read(text).first)
        #expect(configuration.from == "example.org.")
        #expect(
            configuration.upstreams.map(\.description) == [
                "192.0.2.1:53", "192.0.2.2:5353", "[2001:db8::1]:54", "[2001:db8::2]:53",
            ])
        #expect(configuration.except == ["a.example.org.", "b.example.org.", "c.example.org."])
        #expect(configuration.policy == .roundRobin)
        #expect(configuration.maximumFails == 0)
        #expect(
            configuration.healthCheck
                == .init(interval: .milliseconds(250), isRecursive: false, domain: "health.example."))
        #expect(configuration.maximumConcurrent == 1_000)
        #expect(configuration.forcesTCP && configuration.prefersUDP)
        #expect(configuration.expire == .seconds(20))
        #expect(configuration.readTimeout == .milliseconds(1_500))
    }

    @Test("several lines stand for themselves")
    func several() throws {
        let configurations = try Self.read("forward a.test 192.0.2.1\nforward . 192.0.2.2 {\nforce_tcp\n}")
        #expect(configurations.map(\.from) == ["a.test.", "."])
        #expect(configurations.map(\.forcesTCP) == [false, true])
    }

    @Test("of a network off a label boundary the first zone is taken")
    func network() throws {
        let configuration = try #require(try Self.read("forward 10.0.0.0/15 192.0.2.1").first)
        #expect(configuration.from == "0.10.in-addr.arpa.")
        #expect(configuration.narrowedFrom == "10.0.0.0/15")
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        var text: String
        var fragment: String
        var line: Int
        var column: Int
        var testDescription: String { text }

        init(_ text: String, _ fragment: String, _ line: Int, _ column: Int) {
            (self.text, self.fragment, self.line, self.column) = (text, fragment, line, column)
        }
    }

    static let sixteen = (1...16).map { "192.0.2.\($0)" }.joined(separator: " ")

    static let mistakes: [Mistake] = [
        .init("forward", "Wrong argument count or unexpected line ending after 'forward'", 2, 1),
        .init("forward .", "Wrong argument count or unexpected line ending after '.'", 2, 9),
        .init("forward a..b 192.0.2.1", "unable to normalize 'a..b'", 2, 9),
        .init("forward . \(sixteen)", "more than 15 TOs configured: 16", 2, 167),
        .init("forward . dns://", "invalid address: \"dns://\"", 2, 11),
        .init("forward . tls://192.0.2.1", "upstreams over 'tls://' are not served yet", 2, 11),
        .init("forward . 192.0.2.1 https://192.0.2.2", "upstreams over 'https://' are not served yet", 2, 21),
        .init("forward . quic://192.0.2.1", "'quic' is not supported as a destination protocol in forward", 2, 11),
        .init("forward . dns.example.org", "upstreams given by name are not served yet: 'dns.example.org'", 2, 11),
        .init("forward . /no/such/file", "not an IP address, file, or valid domain: \"/no/such/file\"", 2, 11),
        .init("forward . 192.0.2.1:0", "not an IP address, file, or valid domain: \"192.0.2.1:0\"", 2, 11),
        .init("forward . /dev/null", "no valid upstream addresses found", 2, 11),
        .init("forward . 192.0.2.1 {\nfoo\n}", "unknown property 'foo'", 3, 1),
        .init("forward . 192.0.2.1 {\nexcept\n}", "Wrong argument count", 3, 1),
        .init("forward . 192.0.2.1 {\n  policy best\n}", "unknown policy 'best'", 3, 10),
        .init("forward . 192.0.2.1 {\nmax_fails -1\n}", "max_fails must be in range", 3, 11),
        .init("forward . 192.0.2.1 {\nmax_concurrent -2\n}", "max_concurrent can't be negative: -2", 3, 16),
        .init("forward . 192.0.2.1 {\nexpire -1s\n}", "expire can't be negative: -1s", 3, 8),
        .init("forward . 192.0.2.1 {\nread_timeout 0ms\n}", "read_timeout must be positive: 0s", 3, 14),
        .init("forward . 192.0.2.1 {\nhealth_check -1s\n}", "health_check can't be negative: -1000000000", 3, 14),
        .init("forward . 192.0.2.1 {\nhealth_check 1s x\n}", "health_check: unknown option x", 3, 17),
        .init("forward . 192.0.2.1 {\nhealth_check 1s domain a..b\n}", "health_check: invalid domain name a..b", 3, 24),
        .init(
            "forward . 192.0.2.1 {\nforce_tcp now\n}", "Wrong argument count or unexpected line ending after 'now'", 3,
            11),
    ]

    @Test("a mistake is told in CoreDNS's words, at its place", arguments: mistakes)
    func mistake(_ mistake: Mistake) {
        let error = #expect(throws: ConfigurationError.self) { try Self.read(mistake.text) }
        #expect(error?.message.contains(mistake.fragment) == true, "\(String(describing: error))")
        #expect(error?.plugin == "forward")
        #expect(error?.line == mistake.line)
        #expect(error?.column == mistake.column)
    }

    @Test(
        "an option that CoreDNS has and we do not serve is a mistake that names it",
        arguments: [
            "max_connect_attempts 3", "tls", "tls_servername x", "max_age 1s", "max_idle_conns 3", "doh_method GET",
            "next NXDOMAIN", "next_on_nodata", "failover SERVFAIL", "failfast_all_unhealthy_upstreams",
            "resolver 192.0.2.1", "source_address 192.0.2.1",
        ])
    func unserved(_ option: String) {
        let error = #expect(throws: ConfigurationError.self) { try Self.read("forward . 192.0.2.1 {\n  \(option)\n}") }
        #expect(error?.code == .unservedOption)
        #expect(error?.message == "'\(option.prefix { $0 != " " })' is not served yet")
        #expect(error?.line == 3)
        #expect(error?.column == 3)
    }

    @Test("a file in resolv.conf's format stands for its servers")
    func file() throws {
        let path = "/tmp/forward-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        defer { unsafe unlink(path) }
        let isWritten = Self.write(
            "search example.org\nnameserver 192.0.2.7\nnameserver nowhere\nnameserver 192.0.2.8\n", to: path)
        #expect(isWritten)
        let configuration = try #require(try Self.read("forward . 192.0.2.8 \(path)").first)
        #expect(configuration.upstreams.map(\.description) == ["192.0.2.8:53", "192.0.2.7:53"])
        #expect(configuration.rejected == ["nowhere"])
    }

    static func write(_ text: String, to path: String) -> Bool {
        guard let file = unsafe fopen(path, "w") else { return false }
        unsafe fputs(text, file)
        return unsafe fclose(file) == 0
    }
}
