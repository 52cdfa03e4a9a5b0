import DNSServer
import DNSWire
import Glibc
import NIOSSL
import TestSupport
import Testing

@testable import Corefile
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
        #expect(configuration.maximumAttempts == nil)
        #expect(configuration.failoverCodes.isEmpty && configuration.nextCodes.isEmpty)
        #expect(!configuration.nextOnNoData && !configuration.failsFast)
        #expect(configuration.maximumAge == .zero)
        #expect(configuration.maximumIdle == 0)
        #expect(configuration.sourceAddress == nil && configuration.tlsServerName == nil && configuration.tls == nil)
        #expect(configuration.httpMethod == .post)
        #expect(configuration.resolvers.isEmpty)
        #expect(configuration.warnings.isEmpty)
    }

    @Test("every option is read")
    func options() throws {
        let text = """
            forward Example.org. dns://192.0.2.1 192.0.2.2:5353 [2001:db8::1]:54 2001:db8::2 192.0.2.1:53 {
                except a.example.org b.example.org
                except c.example.org
                policy round_robin
                max_fails 0
                max_connect_attempts 7
                health_check 250ms no_rec domain Health.example
                max_concurrent 1000
                failover ServFail REFUSED
                failover NOTIMPL
                next NXDOMAIN BADSIG
                next NOERROR
                next_on_nodata
                failfast_all_unhealthy_upstreams
                force_tcp
                prefer_udp
                expire 20s
                max_age 1m
                max_idle_conns 3
                read_timeout 1500ms
                source_address 2001:db8::9
                resolver 192.0.2.53 [2001:db8::53]:5353 2001:db8::54
                doh_method GET
            }
            """
        let configuration = try #require(try Self.read(text).first)
        #expect(configuration.from == "example.org.")
        #expect(configuration.upstreams.map(\.description) == ["[2001:db8::1]:54", "[2001:db8::2]:53"])
        #expect(configuration.unreachable.map(\.description) == ["192.0.2.1:53", "192.0.2.2:5353"])
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
        #expect(configuration.maximumAttempts == 7)
        #expect(configuration.failoverCodes == [.serverFailure, .refused, .notImplemented])
        #expect(configuration.nextCodes == [.nameError, .noError, .badVersion])
        #expect(configuration.nextOnNoData && configuration.failsFast)
        #expect(configuration.maximumAge == .seconds(60))
        #expect(configuration.maximumIdle == 3)
        #expect(configuration.sourceAddress?.host == "2001:db8::9")
        #expect(
            configuration.resolvers.map(\.description) == [
                "192.0.2.53:53", "[2001:db8::53]:5353", "[2001:db8::54]:53",
            ])
        #expect(configuration.httpMethod == .get)
    }

    @Test("a limit of 0 attempts is one that was set; expire and max_age may be the same, or max_age none")
    func edges() throws {
        func read(_ options: String) throws -> ForwardConfiguration? {
            try Self.read("forward . 192.0.2.1 {\n\(options)\n}").first
        }
        #expect(try read("max_connect_attempts 0")?.maximumAttempts == 0)
        #expect(try read("max_age 10s")?.maximumAge == .seconds(10))
        #expect(try read("max_age 0s\nexpire 1h")?.maximumAge == .zero)
        #expect(try read("source_address ::ffff:192.0.2.9")?.sourceAddress?.host == "192.0.2.9")
    }

    @Test(
        "upstreams over TLS and HTTPS: their ports, and the names in their certificates",
        arguments: [
            ("tls://192.0.2.1", "", ["tls://192.0.2.1:853 -"]),
            ("tls://192.0.2.1:8853 tls://[2001:db8::1]", "", ["tls://192.0.2.1:8853 -", "tls://[2001:db8::1]:853 -"]),
            ("tls://192.0.2.1%dns.test", "", ["tls://192.0.2.1:853 dns.test"]),
            ("tls://192.0.2.1%dns.test:8853", "tls", ["tls://192.0.2.1:8853 dns.test"]),
            ("tls://[2001:db8::1%dns.test]:8853", "", ["tls://[2001:db8::1]:8853 dns.test"]),
            ("tls://[2001:db8::1%dns.test]", "", ["tls://[2001:db8::1]:853 dns.test"]),
            ("tls://2001:db8::1%dns.test", "", ["tls://[2001:db8::1]:853 dns.test"]),
            ("tls://2001:db8::1%dns.test:8853", "", ["tls://[2001:db8::1]:8853 dns.test"]),
            ("https://192.0.2.1", "", ["https://192.0.2.1:443 -"]),
            ("https://192.0.2.1%dns.test:8443", "", ["https://192.0.2.1:8443 dns.test"]),
            (
                "192.0.2.1 tls://192.0.2.1 https://192.0.2.1", "tls_servername dns.test",
                ["192.0.2.1:53 -", "tls://192.0.2.1:853 dns.test", "https://192.0.2.1:443 dns.test"]
            ),
            ("tls://192.0.2.1", "tls_servername 192.0.2.1", ["tls://192.0.2.1:853 -"]),
            ("tls://192.0.2.1:443 https://192.0.2.1", "", ["tls://192.0.2.1:443 -"]),
        ])
    func secure(_ targets: String, _ options: String, _ expected: [String]) throws {
        let configuration = try #require(try Self.read("forward . \(targets) {\n\(options)\n}").first)
        #expect(configuration.upstreams.map { "\($0) \($0.transport.serverName ?? "-")" } == expected)
        #expect(configuration.tls != nil)
    }

    @Test(
        "a name stands for addresses that are found at the start; over TLS it is the one in the certificate",
        arguments: [
            ("dns.example.org", "", "dns.example.org:53 -"), ("dns.example.org:5353", "", "dns.example.org:5353 -"),
            ("dns://my_dns.svc.cluster.local.", "", "my_dns.svc.cluster.local.:53 -"),
            ("tls://dns.example.org", "", "dns.example.org:853 dns.example.org"),
            ("tls://dns.example.org%other.test:8853", "", "dns.example.org:8853 other.test"),
            ("https://dns.example.org", "tls_servername other.test", "dns.example.org:443 other.test"),
            ("a27.0.0.1", "", "a27.0.0.1:53 -"),
        ])
    func names(_ target: String, _ options: String, _ expected: String) throws {
        let configuration = try #require(try Self.read("forward . \(target) {\n\(options)\n}").first)
        #expect(
            configuration.names.map { "\($0.host):\($0.port) \($0.transport.serverName ?? "-")" } == [expected])
        #expect(configuration.upstreams.isEmpty)
    }

    @Test("hostile words are no upstreams, or harmless ones")
    func hostileWords() {
        var random = SeededRandom(seed: 53)
        let pieces = [
            "tls://", "https://", "dns://", "%", "[", "]", ":", "::1", "192.0.2.1", "a", ".", "53", "\u{E9}", "/",
            "99999999999", "\u{0}",
        ]
        for _ in 0..<20_000 {
            let count = Int.random(in: 1...6, using: &random)
            let word = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            guard let text = try? UpstreamText(word) else { continue }
            #expect(!text.rest.isEmpty && text.serverName != "", "\(word)")
            #expect(text.address?.port != 0 && text.name?.port != 0, "\(word)")
            #expect(text.address == nil || text.name?.host != "", "\(word)")
        }
    }

    @Test("an option that no upstream has a use for is told, and is no mistake")
    func withoutEffect() throws {
        func warnings(_ text: String) throws -> [String] { try Self.read(text).flatMap(\.warnings) }
        let plain = try warnings(
            "forward . 192.0.2.1 {\ntls\ntls_servername dns.test\ndoh_method GET\nresolver 192.0.2.2\n}")
        #expect(
            plain == [
                "'tls' has no effect: no upstream is asked over TLS or HTTPS",
                "'tls_servername' has no effect: no upstream is asked over TLS or HTTPS",
                "'doh_method' has no effect: no upstream is asked over HTTPS",
                "'resolver' has no effect: no upstream is given by name",
            ])
        #expect(
            try warnings("forward . tls://192.0.2.1 {\nforce_tcp\n}")
                == ["'force_tcp' has no effect: all upstreams are asked over TLS or HTTPS"])
        #expect(try warnings("forward . tls://192.0.2.1 192.0.2.2 {\nforce_tcp\ntls\n}").isEmpty)
        #expect(
            try warnings("forward . 192.0.2.1 2001:db8::1 {\nsource_address 192.0.2.9\n}")
                == ["left out, since source_address is of the other family: [2001:db8::1]:53"])
    }

    @Test("tls: certificates, keys and authorities are read, relative to the Corefile's folder")
    func files() throws {
        let folder = try CertificateFolder()
        try folder.makeCertificate("client")
        var initial = ForwardConfiguration()
        initial.directory = folder.path
        for words in ["", "ca.crt", "client.crt client.key", "client.crt client.key \(folder.path("ca.crt"))"] {
            let corefile = try Corefile.parse(text: ".:53 {\nforward . tls://192.0.2.1 {\ntls \(words)\n}\n}\n")
            let configurations = try ForwardConfiguration.directive.readEach(
                corefile.blocks[0].directives, serverZones: ["."], initial: initial)
            #expect(configurations.first?.tls != nil)
        }
    }

    @Test(
        "tls: a file that is not there, or not what it should be, is a mistake at its place",
        arguments: [
            ("/no/such.crt", "error reading /no/such.crt: no such file or directory", 5),
            ("/dev/null", "could not read root certs: no certificate in /dev/null", 5),
            ("CRT /no/such.key", "could not load TLS cert: open /no/such.key: no such file or directory", -1),
            ("/no/such.crt KEY", "could not load TLS cert: open /no/such.crt: no such file or directory", 5),
            ("KEY CRT", "could not load TLS cert: no certificate in ", 5),
            ("CRT CRT", "could not load TLS cert: no private key in ", -1),
            ("CRT OTHER", "could not load TLS cert: tls: private key does not match public key", -1),
            ("CRT KEY /dev/null", "could not read root certs: no certificate in /dev/null", -1),
            ("CRT KEY CA CA", "Wrong argument count or unexpected line ending after", -1),
        ])
    func wrongFiles(_ words: String, _ fragment: String, _ column: Int) throws {
        let folder = try CertificateFolder()
        try folder.makeCertificate("client")
        let names = ["CRT": "client.crt", "KEY": "client.key", "OTHER": "ca.key", "CA": "ca.crt"]
        let text = words.split(separator: " ").map { word in names[String(word)].map(folder.path) ?? String(word) }
            .joined(separator: " ")
        let error = #expect(throws: ConfigurationError.self) {
            try Self.read("forward . tls://192.0.2.1 {\ntls \(text)\n}")
        }
        #expect(error?.message.hasPrefix(fragment) == true, "\(String(describing: error))")
        #expect(error?.line == 3)
        if column > 0 { #expect(error?.column == column) } else { #expect((error?.column ?? 0) > 5) }
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
        .init("forward . tls://", "invalid address: \"tls://\"", 2, 11),
        .init("forward . tls://192.0.2.1%", "invalid address: \"tls://192.0.2.1%\"", 2, 11),
        .init("forward . tls://192.0.2.1%a/b", "invalid server name: \"a/b\"", 2, 11),
        .init("forward . tls://192.0.2.1%192.0.2.2", "invalid server name: \"192.0.2.2\"", 2, 11),
        .init("forward . tls:///dev/null", "not an IP address, file, or valid domain: \"/dev/null\"", 2, 11),
        .init("forward . tls://192.0.2.1:0", "not an IP address, file, or valid domain: \"192.0.2.1:0\"", 2, 11),
        .init(
            "forward . 192.0.2.1 https://192.0.2.2/",
            "paths are not allowed in HTTPS upstream addresses (the /dns-query path is used by default): https://192.0.2.2/",
            2, 21),
        .init("forward . https://192.0.2.2/dns-query", "paths are not allowed in HTTPS upstream addresses", 2, 11),
        .init("forward . quic://192.0.2.1", "'quic' is not supported as a destination protocol in forward", 2, 11),
        .init("forward . 1.1.1", "not an IP address, file, or valid domain: \"1.1.1\"", 2, 11),
        .init(
            "forward . 192.0.2.1 192.0.2.256:53", "not an IP address, file, or valid domain: \"192.0.2.256:53\"", 2, 21),
        .init("forward . tls://10.0.1", "not an IP address, file, or valid domain: \"10.0.1\"", 2, 11),
        .init("forward . /no/such/file", "not an IP address, file, or valid domain: \"/no/such/file\"", 2, 11),
        .init("forward . 192.0.2.1:0", "not an IP address, file, or valid domain: \"192.0.2.1:0\"", 2, 11),
        .init("forward . dns..example", "not an IP address, file, or valid domain: \"dns..example\"", 2, 11),
        .init("forward . dns.example:65536", "not an IP address, file, or valid domain", 2, 11),
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
        .init("forward . 192.0.2.1 {\nmax_connect_attempts many\n}", "invalid syntax", 3, 22),
        .init("forward . 192.0.2.1 {\nmax_connect_attempts -4\n}", "max_connect_attempts must be in range", 3, 22),
        .init("forward . 192.0.2.1 {\nfailover\n}", "Wrong argument count", 3, 1),
        .init("forward . 192.0.2.1 {\nfailover SERVFAIL NoError\n}", "NoError cannot be used in failover", 3, 19),
        .init("forward . 192.0.2.1 {\nfailover NOPE\n}", "NOPE is not a valid rcode", 3, 10),
        .init("forward . 192.0.2.1 {\nnext\n}", "Wrong argument count", 3, 1),
        .init("forward . 192.0.2.1 {\nnext NXDOMAIN 99\n}", "99 is not a valid rcode", 3, 15),
        .init("forward . 192.0.2.1 {\nnext_on_nodata yes\n}", "Wrong argument count", 3, 16),
        .init("forward . 192.0.2.1 {\nfailfast_all_unhealthy_upstreams false\n}", "Wrong argument count", 3, 34),
        .init("forward . 192.0.2.1 {\nmax_age -1s\n}", "max_age can't be negative: -1s", 3, 9),
        .init("forward . 192.0.2.1 {\nmax_age invalid\n}", "time: invalid duration", 3, 9),
        .init("forward . 192.0.2.1 {\nmax_age 5s\n}", "max_age (5s) must not be less than expire (10s)", 3, 9),
        .init(
            "forward . 192.0.2.1 {\nmax_age 10s\nexpire 30s\n}", "max_age (10s) must not be less than expire (30s)", 3,
            9),
        .init("forward . 192.0.2.1 {\nmax_idle_conns -1\n}", "max_idle_conns can't be negative: -1", 3, 16),
        .init("forward . 192.0.2.1 {\nmax_idle_conns many\n}", "invalid syntax", 3, 16),
        .init("forward . 192.0.2.1 {\nsource_address not-an-ip\n}", "invalid IP address: not-an-ip", 3, 16),
        .init("forward . 192.0.2.1 {\nsource_address 192.0.2.9:53\n}", "invalid IP address: 192.0.2.9:53", 3, 16),
        .init("forward . 192.0.2.1 {\nsource_address\n}", "Wrong argument count", 3, 1),
        .init("forward . 192.0.2.1 {\nsource_address 2001:db8::9\n}", "no valid upstream addresses found", 3, 16),
        .init("forward . 192.0.2.1 {\nresolver\n}", "Wrong argument count", 3, 1),
        .init(
            "forward . 192.0.2.1 {\nresolver 192.0.2.2 dns.test:53\n}",
            "resolver must be an IP address or IP:port: \"dns.test:53\"", 3, 20),
        .init("forward . 192.0.2.1 {\nresolver 192.0.2.2:0\n}", "resolver must be an IP address or IP:port", 3, 10),
        .init("forward . 192.0.2.1 {\ndoh_method get\n}", "doh_method must be either POST or GET", 3, 12),
        .init("forward . tls://192.0.2.1 {\ntls_servername\n}", "Wrong argument count", 3, 1),
        .init("forward . tls://192.0.2.1 {\ntls_servername a/b\n}", "invalid server name: \"a/b\"", 3, 16),
        .init("forward . tls://192.0.2.1 {\ntls_servername my_dns\n}", "invalid server name: \"my_dns\"", 3, 16),
        .init("forward . tls://my_dns.test", "invalid server name: \"my_dns.test\"", 2, 11),
        .init(
            "forward . tls://192.0.2.1 tls://192.0.2.2 {\ntls_servername 192.0.2.1\n}",
            "invalid server name: \"192.0.2.1\"", 3, 16),
        .init(
            "forward . tls://192.0.2.1%dns.test:854 {\ntls_servername foo\n}",
            "both forward ('foo') and proxy level ('dns.test') TLS servernames are set for upstream proxy "
                + "'tls://192.0.2.1:854'", 2, 11),
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

    @Test("without certificates of authorities it starts; upstreams over TLS stay unused, and that is said")
    func noAuthorities() throws {
        struct NoRoots: Error {}
        let place = Token("forward", file: "Corefile", line: 2, column: 1)
        let reader = ArgumentReader(plugin: "forward", subject: place, tokens: [], serverZones: ["."])
        let tls = try UpstreamTLS(.init(), for: [.tls(serverName: nil)], in: ".", reader) { configuration in
            guard case .certificates(let none)? = configuration.trustRoots, none.isEmpty else { throw NoRoots() }
            return try NIOSSLContext(configuration: configuration)
        }
        #expect(tls.lacksAuthorities && tls.context(for: .tls(serverName: nil)) != nil)
        var configuration = try #require(try Self.read("forward . tls://192.0.2.1").first)
        configuration.tls = tls
        #expect(configuration.warnings.contains { $0.hasPrefix("this system has no certificates of authorities: ") })
    }
}
