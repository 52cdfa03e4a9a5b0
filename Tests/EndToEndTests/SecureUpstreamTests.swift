import DNSWire
import TestSupport
import Testing

extension EndToEnd {
    /// `forward` to a server that is not ours.
    @Suite(
        "Upstreams over TLS and HTTPS",
        .enabled(
            if: !NameServerProgram.missing.contains(SecureUnbound.program.rawValue), "unbound is not installed"))
    struct SecureUpstreamTests {
        enum Way: String, CaseIterable, Sendable {
            case tls = "tls"
            case post = "https, POST"
            case get = "https, GET"

            /// The `forward` line to `unbound`.
            func directive(_ unbound: SecureUnbound, _ options: String = "") -> String {
                let target =
                    self == .tls ? "tls://127.0.0.1:\(unbound.tlsPort)" : "https://127.0.0.1:\(unbound.httpsPort)"
                return """
                    errors
                    forward . \(target) {
                        tls \(unbound.certificates.path("ca.crt"))
                        tls_servername dns.test
                        doh_method \(self == .get ? "GET" : "POST")
                        \(options)
                    }
                    """
            }
        }

        @Test("Unbound answers: records, denials, and replies too long for a datagram", arguments: Way.allCases)
        func answers(_ way: Way) async throws {
            try await SecureUnbound.run { unbound in
                try await RunningServer.run(way.directive(unbound)) { server in
                    let one = try await server.answers("one.dns.test")
                    #expect(one == ["192.0.2.1"], "\(server.process.log)")
                    #expect(try await server.answers("one.dns.test", overTCP: true) == ["192.0.2.1"])
                    #expect(try await server.answers("two.dns.test", .AAAA) == ["2001:db8::2"])
                    let absent = try #require(try await server.ask("none.dns.test"))
                    #expect(absent.responseCode == .nameError)
                    #expect(try await server.answers("long.dns.test", overTCP: true).count == 200)
                    let cut = try #require(try await server.ask("long.dns.test"))
                    #expect(cut.flags.isTruncated)
                }
            }
        }

        @Test("three hundred queries at a time are all answered", arguments: Way.allCases)
        func manyAtATime(_ way: Way) async throws {
            try await SecureUnbound.run { unbound in
                try await RunningServer.run(way.directive(unbound)) { server in
                    let count = await withTaskGroup(of: Int.self) { group in
                        for _ in 0..<300 {
                            group.addTask { (try? await server.answers("one.dns.test").count) ?? 0 }
                        }
                        return await group.reduce(0, +)
                    }
                    #expect(count == 300, "\(server.process.log)")
                }
            }
        }

        @Test("an upstream that was away is found again", arguments: Way.allCases)
        func comesBack(_ way: Way) async throws {
            try await SecureUnbound.run { unbound in
                try await RunningServer.run(way.directive(unbound, "health_check 20ms")) { server in
                    #expect(try await server.answers("one.dns.test") == ["192.0.2.1"])
                    try await unbound.server.kill()
                    #expect(try await server.ask("one.dns.test")?.responseCode == .serverFailure)
                    try await unbound.server.start()
                    try await wait(for: "an answer", log: { server.process.log }) {
                        try await server.answers("one.dns.test") == ["192.0.2.1"]
                    }
                    #expect(server.process.exitSoFar == nil, "\(server.process.log)")
                }
            }
        }

        @Test("without tls_servername a certificate that is for no address is refused", arguments: [Way.tls, .post])
        func wrongName(_ way: Way) async throws {
            try await SecureUnbound.run { unbound in
                let directive = way.directive(unbound).replacing("tls_servername dns.test", with: "max_fails 0")
                try await RunningServer.run(directive) { server in
                    let reply = try #require(try await server.ask("one.dns.test"))
                    #expect(reply.responseCode == .serverFailure)
                    try await wait(for: "the reason in the log", log: { server.process.log }) {
                        server.process.log.contains("the certificate is for another name or address")
                    }
                }
            }
        }
    }
}
