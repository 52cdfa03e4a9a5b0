import DNSWire
import NIOHTTP1
import NIOSSL
import Synchronization
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("Upstreams over HTTPS") struct HTTPSUpstreamTests {
    private static let answering: ScriptedHTTPS.Script = { .reply(ScriptedReply.answer($0.query)) }

    private static func server(
        _ fixture: SecureFixture, _ protocols: [String] = ["h2", "http/1.1"],
        _ script: @escaping ScriptedHTTPS.Script = answering
    ) async throws -> ScriptedHTTPS {
        try await ScriptedHTTPS(fixture.context(protocols: protocols), script)
    }

    /// What becomes of one query.
    private static func ask(_ options: String, port: Int) async throws -> ForwardFixture.Outcome {
        let forward = try ForwardFixture(
            "forward . https://127.0.0.1:\(port) {\nmax_connect_attempts 1\nmax_fails 0\nread_timeout 4s\n\(options)\n}"
        )
        let outcome = try await forward.ask("a.test")
        await forward.retire()
        return outcome
    }

    @Test(
        "RFC 8484: POST has the message in its body, GET in its URL, both with ID 0; the reply comes back as it is",
        arguments: ["", "doh_method POST", "doh_method GET"])
    func methods(_ option: String) async throws {
        let fixture = try SecureFixture()
        let seen = Mutex<[ScriptedHTTPS.Request]>([])
        let server = try await Self.server(fixture) { request in
            seen.withLock { $0.append(request) }
            return .reply(ScriptedReply.answer(request.query))
        }
        let forward = try ForwardFixture(
            "forward . https://127.0.0.1:\(server.port) {\nread_timeout 4s\n\(fixture.trust)\ntls_servername dns.test\n\(option)\n}"
        )
        for transport in [Query.Transport.udp, .tcp] {
            let outcome = try await forward.ask("a.test", over: transport, id: 4_711)
            #expect(outcome.reply.answers.map(\.text) == ["a.test. 60 IN A 192.0.2.1"], "\(outcome.reason)")
            #expect(outcome.reply.id == 4_711)
        }
        let sent = Message(id: 0, asking: Question(try Name(parsing: "a.test"), .A), edns: EDNS(payloadSize: 1_232))
        for request in seen.withLock({ $0 }) {
            #expect(request.query == sent.encoded())
            #expect(request.head.method == (option.hasSuffix("GET") ? .GET : .POST))
            #expect(request.head.uri.prefix { $0 != "?" } == "/dns-query")
            #expect(request.head.headers["Accept"] == ["application/dns-message"])
            let type = option.hasSuffix("GET") ? [] : ["application/dns-message"]
            #expect(request.head.headers["Content-Type"] == type)
            #expect(request.head.headers["Host"] == ["dns.test:\(server.port)"])
        }
        #expect(seen.withLock { $0.map(\.connection) } == [0, 0])
        await forward.retire()
        try await server.close()
    }

    @Test("the host is the name of the certificate or the address, with the port where it is not 443")
    func host() throws {
        func host(_ address: String, _ port: UInt16, _ name: String?) throws -> String {
            HTTPMessage.authority(
                UpstreamTarget(
                    address: try #require(SocketAddress(address, port: port)), transport: .https(serverName: name)))
        }
        #expect(try host("192.0.2.1", 443, nil) == "192.0.2.1")
        #expect(try host("2001:db8::1", 443, nil) == "[2001:db8::1]")
        #expect(try host("2001:db8::1", 8_443, nil) == "[2001:db8::1]:8443")
        #expect(try host("192.0.2.1", 443, "DNS.example.") == "dns.example")
        #expect(try host("192.0.2.1", 8_443, "dns.example") == "dns.example:8443")
    }

    @Test(
        "RFC 4648 §5: base64url, without padding",
        arguments: [
            ([], ""), ([0x66], "Zg"), ([0x66, 0x6F], "Zm8"), ([0x66, 0x6F, 0x6F], "Zm9v"),
            ([0xFB, 0xFF, 0xFE], "-__-"),
            ([0, 0, 0, 0], "AAAAAA"),
        ] as [([UInt8], String)])
    func base64(_ octets: [UInt8], _ text: String) {
        #expect(HTTPMessage.base64URL(octets) == text)
    }

    @Test(
        "a certificate must be for the name, or without one for the address",
        arguments: [
            ("DNS:dns.test", "tls_servername dns.test", true), ("IP:127.0.0.1", "", true),
            ("DNS:other.test", "tls_servername dns.test", false), ("DNS:dns.test", "", false),
            ("DNS:*.test,IP:127.0.0.1", "tls_servername dns.test", true),
            ("DNS:other.test,IP:127.0.0.1", "tls_servername dns.test", false),
            ("IP:127.0.0.1", "tls_servername dns.test", false),
        ])
    func names(_ subjects: String, _ option: String, _ isRight: Bool) async throws {
        let fixture = try SecureFixture(for: subjects)
        let requests = Mutex(0)
        let server = try await Self.server(fixture) { request in
            requests.withLock { $0 += 1 }
            return .reply(ScriptedReply.answer(request.query))
        }
        let outcome = try await Self.ask("\(fixture.trust)\n\(option)", port: server.port)
        #expect(outcome.reply.responseCode == (isRight ? .noError : .serverFailure))
        #expect(requests.withLock { $0 } == (isRight ? 1 : 0))
        if !isRight {
            #expect(
                outcome.reason
                    == "dial tcp 127.0.0.1:\(server.port): tls: the certificate is for another name or address")
        }
        try await server.close()
    }

    @Test("a certificate that has expired, or that no authority of ours signed, is refused", arguments: [true, false])
    func untrusted(isExpired: Bool) async throws {
        let fixture = try SecureFixture(isExpired: isExpired)
        let server = try await Self.server(fixture)
        let outcome = try await Self.ask(isExpired ? fixture.trust : "", port: server.port)
        #expect(outcome.reply.responseCode == .serverFailure)
        #expect(outcome.reason == "dial tcp 127.0.0.1:\(server.port): tls: certificate verify failed")
        try await server.close()
    }

    @Test("tls CERT KEY CA: our certificate is shown to a server that demands one")
    func clientCertificate() async throws {
        let fixture = try SecureFixture()
        try fixture.folder.makeCertificate("client")
        let folder = fixture.folder
        let context = try fixture.context(protocols: ["h2"]) { try fixture.demandingClients(&$0) }
        let server = try await ScriptedHTTPS(context, Self.answering)
        let shown = try await Self.ask(
            "tls \(folder.path("client.crt")) \(folder.path("client.key")) \(folder.path("ca.crt"))", port: server.port)
        #expect(shown.reply.answers.count == 1, "\(shown.reason)")
        let bare = try await Self.ask(fixture.trust, port: server.port)
        #expect(bare.reply.responseCode == .serverFailure)
        try await server.close()
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        var action: @Sendable ([UInt8]) -> ScriptedHTTPS.Action
        /// What is said of it.
        var reason: String
        var testDescription: String { reason }
    }

    static let wrong: [Wrong] = [
        Wrong(action: { .reply(status: .serviceUnavailable, $0) }, reason: "HTTP status 503"),
        Wrong(action: { .reply(status: .badRequest, $0) }, reason: "HTTP status 400"),
        Wrong(action: { .reply(status: .movedPermanently, $0) }, reason: "HTTP status 301"),
        Wrong(action: { .reply(type: "text/html; charset=utf-8", $0) }, reason: "HTTP content type text/html"),
        Wrong(action: { .reply(type: nil, $0) }, reason: "HTTP content type missing"),
        Wrong(
            action: { .reply($0 + [UInt8](repeating: 0, count: 65_536 - $0.count)) },
            reason: "HTTP response longer than a DNS message"),
        Wrong(action: { _ in .reply([]) }, reason: "HTTP response shorter than a DNS message"),
        Wrong(action: { .reply(Array($0[..<11])) }, reason: "HTTP response shorter than a DNS message"),
        Wrong(action: { _ in .reply([UInt8](repeating: 0xFF, count: 65_535)) }, reason: "not a reply to the question"),
        Wrong(
            action: { reply in .reply(reply[..<13] + [reply[13] ^ 1] + reply[14...]) },
            reason: "not a reply to the question"),
        Wrong(action: { .reply($0.dropLast(10)) }, reason: "the reply is damaged"),
    ]

    @Test("what is not a DNS message in answer to the question is a failure of the upstream", arguments: wrong)
    func wrongResponse(_ wrong: Wrong) async throws {
        let fixture = try SecureFixture()
        let server = try await Self.server(fixture) { wrong.action(ScriptedReply.answer($0.query)) }
        let outcome = try await Self.ask(fixture.trust, port: server.port)
        #expect(outcome.reply.responseCode == .serverFailure)
        #expect(outcome.reason.hasPrefix("read tcp 127.0.0.1:"))
        #expect(outcome.reason.hasSuffix("->127.0.0.1:\(server.port): \(wrong.reason)"), "\(outcome.reason)")
        try await server.close()
    }

    @Test("the media type may be in any case and have parameters, and the status any of success")
    func lenient() async throws {
        let fixture = try SecureFixture()
        let server = try await Self.server(fixture) {
            .reply(status: .accepted, type: "Application/DNS-Message ; x=y", ScriptedReply.answer($0.query))
        }
        #expect(try await Self.ask(fixture.trust, port: server.port).reply.answers.count == 1)
        try await server.close()
    }

    @Test("over HTTP/2 many queries share a connection, and one that hangs holds up no other")
    func multiplexing() async throws {
        let fixture = try SecureFixture()
        let server = try await Self.server(fixture, ["h2"]) { request in
            request.query[13] == UInt8(ascii: "h") ? .silence : .reply(ScriptedReply.answer(request.query))
        }
        let forward = try ForwardFixture(
            "forward . https://127.0.0.1:\(server.port) {\n\(fixture.trust)\nmax_connect_attempts 1\nmax_fails 0\nread_timeout 4s\n}"
        )
        #expect(try await forward.ask("first.test").reply.answers.count == 1)
        let opened = server.opened
        async let hung = forward.ask("hung.test", id: 9_999)
        let names = await withTaskGroup(of: [String].self) { group in
            for number in 0..<64 {
                group.addTask {
                    let outcome = try? await forward.ask("n\(number).test", id: UInt16(number))
                    #expect(outcome?.reply.id == UInt16(number))
                    return outcome?.reply.answers.map(\.owner.text) ?? []
                }
            }
            return await group.reduce(into: Set()) { $0.formUnion($1) }
        }
        #expect(names == Set((0..<64).map { "n\($0).test." }))
        // A machine that stands still for a second makes a connection seem stalled, and another one is opened.
        #expect((opened...opened + 1).contains(server.opened))
        #expect(try await hung.reply.responseCode == .serverFailure)
        #expect(server.resets == 0)
        await forward.retire()
        try await server.close()
    }

    @Test("a query on a connection that the server ends is sent again, on another", arguments: [true, false])
    func closedBetween(isClosed: Bool) async throws {
        let fixture = try SecureFixture()
        let server = try await Self.server(fixture) { request in
            request.index == 1 ? (isClosed ? .close : .refuse) : .reply(ScriptedReply.answer(request.query))
        }
        let forward = try ForwardFixture(
            "forward . https://127.0.0.1:\(server.port) {\nread_timeout 4s\n\(fixture.trust)\n}")
        #expect(try await forward.ask("a.test").reply.answers.count == 1)
        #expect(try await forward.ask("b.test").reply.answers.map(\.owner.text) == ["b.test."])
        #expect(forward.metrics("coredns_forward_requests_total").map { $0.suffix(2) } == [" 2"])
        #expect(server.opened == 2)
        await forward.retire()
        try await server.close()
    }

    @Test("a server that is not there, does not speak TLS or not in time, is followed by the next upstream")
    func notThere() async throws {
        let fixture = try SecureFixture()
        let gone = try await ScriptedStream { _, _, _ in [] }
        try await gone.close()
        let mute = try await ScriptedStream { _, _, _ in [] }
        let good = try await Self.server(fixture)
        for port in [gone.port, mute.port] {
            let forward = try ForwardFixture(
                """
                forward . https://127.0.0.1:\(port) https://127.0.0.1:\(good.port) {
                    policy sequential
                    read_timeout 1s
                    \(fixture.trust)
                }
                """)
            #expect(try await forward.ask("a.test").reply.answers.count == 1)
            await forward.retire()
        }
        let outcome = try await Self.ask(fixture.trust, port: gone.port)
        #expect(outcome.reason == "dial tcp 127.0.0.1:\(gone.port): connect: connection refused")
        let old = try await Self.server(fixture, ["http/1.1"])
        let other = try await Self.ask(fixture.trust, port: old.port)
        #expect(other.reason == "dial tcp 127.0.0.1:\(old.port): tls: the server does not offer HTTP/2")
        try await mute.close()
        try await good.close()
        try await old.close()
    }

    @Test("of responses that do not end, only so much is held at a time")
    func unending() async throws {
        let budget = HTTPBudget()
        #expect(budget.take(HTTPBudget.limit))
        #expect(!budget.take(1))
        budget.giveBack(1)
        #expect(budget.take(1))
        let fixture = try SecureFixture()
        let server = try await Self.server(fixture) { request in
            request.query[13] == UInt8(ascii: "h")
                ? .begin([UInt8](repeating: 0, count: HTTPMessage.longest))
                : .reply(ScriptedReply.answer(request.query))
        }
        let tls = try fixture.clientTLS
        let bench = try StreamBench(server.port, .https(serverName: "dns.test")) { $0.tls = tls }
        #expect(try await bench.ask("first.test").answers.count == 1)
        let refused = Mutex(0)
        let query = Message(id: 7, asking: Question(try Name(parsing: "hung.test"), .A)).encoded()
        let requests = (0..<80).map { _ in
            TCPRequest(query) { result in
                #expect(result == .failure(.refused("too many long HTTP responses at a time")))
                refused.withLock { $0 += 1 }
            }
        }
        for request in requests { bench.upstream.send(request) }
        try await wait(for: "a refusal") { refused.withLock { $0 } > 0 }
        // What is given up holds nothing any more.
        for request in requests { bench.upstream.cancel(request) }
        #expect(try await bench.ask("last.test").answers.count == 1)
        bench.upstream.close()
        try await server.close()
    }

    @Test("whatever comes over a connection, it is a failure of the upstream and nothing worse")
    func hostile() async throws {
        let fixture = try SecureFixture()
        var random = SeededRandom(seed: 853)
        var junk: [[UInt8]] = [
            [], Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8),
            // The longest length, a kind of frame that there is not, on stream 1.
            [0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0, 0, 1],
            // RST_STREAM on the connection, a response before any request, a pushed promise.
            [0, 0, 4, 3, 0, 0, 0, 0, 0, 0, 0, 0, 8], [0, 0, 1, 1, 5, 0, 0, 0, 1, 0x88],
            [0, 0, 5, 5, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0x82],
            // Settings, then headers that cannot be unpacked.
            [0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 4, 1, 5, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF],
            // Ten thousand empty settings.
            (0..<10_000).flatMap { _ in [0, 0, 0, 4, 0, 0, 0, 0, 0] as [UInt8] },
        ]
        for _ in 0..<16 {
            // Settings, so that it looks like HTTP/2, and then anything.
            let length = Int.random(in: 1...200, using: &random)
            junk.append(
                [0, 0, 0, 4, 0, 0, 0, 0, 0] + (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
        for octets in junk {
            let server = try await RawServer(fixture.context(protocols: ["h2"]), octets)
            let outcome = try await Self.ask("\(fixture.trust)\nread_timeout 100ms", port: server.port)
            #expect(outcome.reply.responseCode == .serverFailure)
            try await server.close()
        }
    }

    @Test("queries are counted under https: those that found a connection, and those that opened one")
    func metrics() async throws {
        let fixture = try SecureFixture()
        let server = try await Self.server(fixture)
        let forward = try ForwardFixture(
            "forward . https://127.0.0.1:\(server.port) {\nread_timeout 4s\n\(fixture.trust)\n}")
        for number in 0..<3 { #expect(try await forward.ask("n\(number).test").reply.answers.count == 1) }
        let labels = "{proto=\"https\",proxy_name=\"forward\",to=\"127.0.0.1:\(server.port)\"}"
        #expect(
            forward.metrics("coredns_proxy_conn_cache") == [
                "coredns_proxy_conn_cache_hits_total\(labels) 2", "coredns_proxy_conn_cache_misses_total\(labels) 1",
            ])
        await forward.retire()
        try await server.close()
    }
}
