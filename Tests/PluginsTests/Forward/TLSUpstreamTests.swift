import DNSWire
import NIOSSL
import Synchronization
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("Upstreams over TLS") struct TLSUpstreamTests {
    /// To an upstream over TLS.
    private let maximumConnections = 8

    private static let answering: ScriptedStream.Script = { _, _, query in [.send(ScriptedReply.answer(query))] }

    /// What becomes of one query to a server with the certificate of `fixture`.
    private static func ask(
        _ fixture: SecureFixture, _ options: String, prefix: String = "tls://127.0.0.1", port: Int
    ) async throws -> ForwardFixture.Outcome {
        let forward = try ForwardFixture(
            "forward . \(prefix):\(port) {\nmax_connect_attempts 1\nmax_fails 0\nread_timeout 4s\n\(options)\n}")
        let outcome = try await forward.ask("a.test")
        await forward.retire()
        return outcome
    }

    @Test(
        "RFC 7858: a query goes over TLS, whatever it came over, once the certificate is for the right name or address",
        arguments: [
            ("tls_servername dns.test", "tls://127.0.0.1"), ("tls_servername DNS.test.", "tls://127.0.0.1"),
            ("", "tls://127.0.0.1%dns.test"), ("", "tls://127.0.0.1"), ("tls_servername 127.0.0.1", "tls://127.0.0.1"),
            ("force_tcp\ntls_servername dns.test", "tls://127.0.0.1"), ("prefer_udp", "tls://127.0.0.1%dns.test"),
        ])
    func answers(_ options: String, _ prefix: String) async throws {
        let fixture = try SecureFixture()
        let stream = try await ScriptedStream(tls: fixture.context(), Self.answering)
        for transport in [Query.Transport.udp, .tcp] {
            let forward = try ForwardFixture(
                "forward . \(prefix):\(stream.port) {\nread_timeout 4s\n\(fixture.trust)\n\(options)\n}")
            let outcome = try await forward.ask("a.test", over: transport)
            #expect(outcome.reply.answers.map(\.text) == ["a.test. 60 IN A 192.0.2.1"], "\(outcome.reason)")
            #expect(
                forward.metrics("coredns_proxy_conn_cache_misses_total")
                    == [
                        "coredns_proxy_conn_cache_misses_total{proto=\"tcp-tls\",proxy_name=\"forward\","
                            + "to=\"127.0.0.1:\(stream.port)\"} 1"
                    ])
            await forward.retire()
        }
        try await stream.close()
    }

    @Test(
        "a certificate for another name or address is refused",
        arguments: [
            ("DNS:other.test,IP:127.0.0.1", "tls_servername dns.test"), ("DNS:dns.test", ""),
            ("DNS:*.dns.test,IP:127.0.0.1", "tls_servername dns.test"),
            ("IP:127.0.0.2", ""), ("IP:127.0.0.1", "tls_servername dns.test"),
        ])
    func wrongName(_ subjects: String, _ options: String) async throws {
        let fixture = try SecureFixture(for: subjects)
        let queries = Mutex(0)
        let stream = try await ScriptedStream(tls: fixture.context()) { _, _, query in
            queries.withLock { $0 += 1 }
            return [.send(ScriptedReply.answer(query))]
        }
        let outcome = try await Self.ask(fixture, "\(fixture.trust)\n\(options)", port: stream.port)
        #expect(outcome.reply.responseCode == .serverFailure)
        #expect(
            outcome.reason
                == "dial tcp 127.0.0.1:\(stream.port): tls: the certificate is for another name or address")
        #expect(queries.withLock { $0 } == 0)
        try await stream.close()
    }

    @Test("a certificate that has expired, or that no authority of ours signed, is refused", arguments: [true, false])
    func untrusted(isExpired: Bool) async throws {
        let fixture = try SecureFixture(isExpired: isExpired)
        if !isExpired {
            try fixture.folder.makeAuthority("stranger")
            try fixture.folder.makeCertificate("server", for: "IP:127.0.0.1", by: "stranger")
        }
        let stream = try await ScriptedStream(tls: fixture.context(), Self.answering)
        for trust in isExpired ? [fixture.trust] : [fixture.trust, "tls", ""] {
            let outcome = try await Self.ask(fixture, trust, port: stream.port)
            #expect(outcome.reply.responseCode == .serverFailure)
            #expect(outcome.reason == "dial tcp 127.0.0.1:\(stream.port): tls: certificate verify failed")
        }
        try await stream.close()
    }

    @Test("a server that knows TLS 1.1 at the most is refused")
    func oldVersion() async throws {
        let fixture = try SecureFixture()
        let context = try fixture.context {
            $0.minimumTLSVersion = .tlsv1
            $0.maximumTLSVersion = .tlsv11
        }
        let stream = try await ScriptedStream(tls: context, Self.answering)
        let outcome = try await Self.ask(fixture, fixture.trust, port: stream.port)
        #expect(outcome.reply.responseCode == .serverFailure)
        #expect(outcome.reason.hasPrefix("dial tcp 127.0.0.1:\(stream.port): tls: "), "\(outcome.reason)")
        try await stream.close()
    }

    @Test("the server is told the name of its certificate, and no name where there is none")
    func serverName() async throws {
        let listener = try await NameListener()
        for (words, name) in [
            ("tls://127.0.0.1%one.test:\(listener.port)", "one.test"), ("tls://127.0.0.1:\(listener.port)", nil),
            ("https://127.0.0.1%two.test:\(listener.port)", "two.test"),
            ("https://127.0.0.1:\(listener.port)", nil),
        ] as [(String, String?)] {
            let forward = try ForwardFixture(
                "forward . \(words) {\nread_timeout 100ms\nmax_connect_attempts 1\nmax_fails 0\n}")
            let count = listener.names.all.count
            _ = try await forward.ask("a.test")
            try await wait(for: "a name") { listener.names.all.count > count }
            #expect(listener.names.all.dropFirst(count).first == .some(name))
            await forward.retire()
        }
        try await listener.close()
    }

    @Test("tls CERT KEY CA: our certificate is shown to a server that demands one; without it there is no connection")
    func clientCertificate() async throws {
        let fixture = try SecureFixture()
        try fixture.folder.makeCertificate("client")
        let (certificate, key) = (fixture.folder.path("client.crt"), fixture.folder.path("client.key"))
        let context = try fixture.context { try fixture.demandingClients(&$0) }
        let stream = try await ScriptedStream(tls: context, Self.answering)
        let shown = try await Self.ask(
            fixture, "tls \(certificate) \(key) \(fixture.folder.path("ca.crt"))", port: stream.port)
        #expect(shown.reply.answers.count == 1, "\(shown.reason)")
        let bare = try await Self.ask(fixture, fixture.trust, port: stream.port)
        #expect(bare.reply.responseCode == .serverFailure)
        try await stream.close()
    }

    @Test("one connection, and so one handshake, serves query after query")
    func reuse() async throws {
        let fixture = try SecureFixture()
        let stream = try await ScriptedStream(tls: fixture.context(), Self.answering)
        let forward = try ForwardFixture(
            "forward . tls://127.0.0.1:\(stream.port) {\nread_timeout 4s\n\(fixture.trust)\n}")
        for number in 0..<5 { #expect(try await forward.ask("n\(number).test").reply.answers.count == 1) }
        // A machine that stands still for a second makes a connection seem stalled, and another one is opened.
        #expect((1...2).contains(stream.opened))
        let lines = forward.metrics("coredns_proxy_conn_cache_hits_total")
        let hits = try #require(lines.first?.split(separator: " ").last)
        #expect(try #require(Int(hits)) >= 5 - stream.opened)
        await forward.retire()
        try await stream.close()
    }

    @Test("replies on one connection find their askers in any order, and a query that hangs holds up no other")
    func pipelining() async throws {
        let fixture = try SecureFixture()
        let held = Mutex<[Int: [[UInt8]]]>([:])
        let stream = try await ScriptedStream(tls: fixture.context()) { connection, _, query in
            guard query[13] != UInt8(ascii: "h") else { return [] }
            let pair = held.withLock { held -> [[UInt8]] in
                held[connection, default: []].append(query)
                return held[connection]?.count == 2 ? held.removeValue(forKey: connection) ?? [] : []
            }
            return pair.reversed().map { .send(ScriptedReply.answer($0)) }
        }
        let forward = try ForwardFixture(
            "forward . tls://127.0.0.1:\(stream.port) {\n\(fixture.trust)\nmax_connect_attempts 1\nmax_fails 0\nread_timeout 4s\n}"
        )
        async let hung = forward.ask("hung.test", id: 9_999)
        let count = maximumConnections * 2
        let names = await withTaskGroup(of: [String].self) { group in
            for number in 0..<count {
                group.addTask {
                    let outcome = try? await forward.ask("n\(number).test", id: UInt16(number))
                    #expect(outcome?.reply.id == UInt16(number))
                    return outcome?.reply.answers.map(\.owner.text) ?? []
                }
            }
            // One connection has the hung query as well, and so one query more than the others, or one fewer.
            group.addTask { (try? await forward.ask("m.test", id: 1_000))?.reply.answers.map(\.owner.text) ?? [] }
            return await group.reduce(into: Set()) { $0.formUnion($1) }
        }
        #expect(names.isSuperset(of: (0..<count).map { "n\($0).test." }) || names.count >= count)
        #expect(stream.opened <= maximumConnections + 1)
        #expect(try await hung.reply.responseCode == .serverFailure)
        await forward.retire()
        try await stream.close()
    }

    @Test("a query on a connection that the server closes between two queries is sent again, on another")
    func closedBetween() async throws {
        let fixture = try SecureFixture()
        let stream = try await ScriptedStream(tls: fixture.context()) { connection, index, query in
            connection == 0 && index == 1 ? [.close] : [.send(ScriptedReply.answer(query))]
        }
        let forward = try ForwardFixture(
            "forward . tls://127.0.0.1:\(stream.port) {\nread_timeout 4s\n\(fixture.trust)\n}")
        #expect(try await forward.ask("a.test").reply.answers.count == 1)
        #expect(try await forward.ask("b.test").reply.answers.map(\.owner.text) == ["b.test."])
        #expect(forward.metrics("coredns_forward_requests_total").map { $0.suffix(2) } == [" 2"])
        #expect(stream.opened == 2)
        await forward.retire()
        try await stream.close()
    }

    @Test("a server that does not speak TLS, or not in time, is followed by the next upstream")
    func notTLS() async throws {
        let fixture = try SecureFixture()
        let mute = try await ScriptedStream { _, _, _ in [] }
        let plain = try await ScriptedStream { _, _, _ in [.send([UInt8](repeating: 0x41, count: 64))] }
        let good = try await ScriptedStream(tls: fixture.context(), Self.answering)
        for bad in [mute, plain] {
            let forward = try ForwardFixture(
                """
                forward . tls://127.0.0.1:\(bad.port) tls://127.0.0.1:\(good.port) {
                    policy sequential
                    read_timeout 1s
                    \(fixture.trust)
                }
                """)
            #expect(try await forward.ask("a.test").reply.answers.count == 1)
            await forward.retire()
        }
        for stream in [mute, plain, good] { try await stream.close() }
    }

    @Test("what is no message, or no reply to the question, is a failure of the upstream")
    func garbage() async throws {
        let fixture = try SecureFixture()
        let bad: [@Sendable ([UInt8]) -> [UInt8]] = [
            { _ in [] }, { Array($0[..<11]) }, { _ in [UInt8](repeating: 0xFF, count: 65_535) },
            { query in
                var reply = ScriptedReply.answer(query)
                reply[13] ^= 1
                return reply
            },
        ]
        for make in bad {
            let stream = try await ScriptedStream(tls: fixture.context()) { _, _, query in [.send(make(query))] }
            let outcome = try await Self.ask(fixture, "\(fixture.trust)\nread_timeout 300ms", port: stream.port)
            #expect(outcome.reply.responseCode == .serverFailure)
            try await stream.close()
        }
    }
}
