import DNSWire
import Synchronization
import TestSupport
import Testing

import struct NIOCore.NIODeadline

@testable import DNSServer
@testable import Plugins

@Suite("Connections to upstreams") struct StreamUpstreamTests {
    private static let answering: ScriptedStream.Script = { _, _, query in [.send(ScriptedReply.answer(query))] }

    /// A server of each kind, which answers everything.
    private struct Servers {
        let fixture: SecureFixture
        let plain: ScriptedStream
        let secure: ScriptedStream
        let https: ScriptedHTTPS

        init() async throws {
            fixture = try SecureFixture()
            plain = try await ScriptedStream(StreamUpstreamTests.answering)
            secure = try await ScriptedStream(tls: fixture.context(), StreamUpstreamTests.answering)
            https = try await ScriptedHTTPS(fixture.context(protocols: ["h2"])) {
                .reply(ScriptedReply.answer($0.query))
            }
        }

        /// What `forward` names each of them by, and how to see its connections.
        var all: [(target: String, opened: () -> Int, closed: () -> Int, sources: Sources)] {
            [
                ("127.0.0.1:\(plain.port)", { plain.opened }, { plain.closed }, plain.sources),
                ("tls://127.0.0.1:\(secure.port)", { secure.opened }, { secure.closed }, secure.sources),
                ("https://127.0.0.1:\(https.port)", { https.opened }, { https.closed }, https.sources),
            ]
        }

        func close() async throws {
            try await plain.close()
            try await secure.close()
            try await https.close()
        }
    }

    @Test("expire: a connection is closed when it has not been used for so long, and not before")
    func expire() async throws {
        let servers = try await Servers()
        for server in servers.all {
            let forward = try ForwardFixture(
                "forward . \(server.target) {\nforce_tcp\nread_timeout 4s\n\(servers.fixture.trust)\nexpire 20ms\n}")
            #expect(try await forward.ask("a.test").reply.answers.count == 1)
            try await wait(for: "the end of the connection") { server.closed() == 1 }
            #expect(try await forward.ask("b.test").reply.answers.count == 1)
            #expect(server.opened() == 2)
            await forward.retire()
            let patient = try ForwardFixture(
                "forward . \(server.target) {\nforce_tcp\nread_timeout 4s\n\(servers.fixture.trust)\nexpire 2562047h\nmax_age 2562047h\n}"
            )
            for _ in 0..<3 { #expect(try await patient.ask("a.test").reply.answers.count == 1) }
            #expect(server.opened() == 3)
            await patient.retire()
        }
        try await servers.close()
    }

    @Test("max_age: a connection is replaced after so long, however much it is used")
    func maximumAge() async throws {
        let servers = try await Servers()
        for server in servers.all {
            let forward = try ForwardFixture(
                "forward . \(server.target) {\nforce_tcp\nread_timeout 4s\n\(servers.fixture.trust)\nexpire 500ms\nmax_age 500ms\n}"
            )
            // Never idle for long enough to expire.
            try await wait(for: "another connection") {
                let reply = try await forward.ask("a.test").reply
                #expect(reply.answers.count == 1)
                return server.opened() > 1
            }
            try await wait(for: "the end of the first") { server.closed() > 0 }
            await forward.retire()
        }
        try await servers.close()
    }

    @Test("a connection that has served long enough closes after its last reply, which still comes")
    func agedWithQuery() async throws {
        let held = Mutex<[UInt8]?>(nil)
        let stream = try await ScriptedStream { connection, index, query in
            // The second connection lets the query of the first go: never.
            if connection == 0, index == 0 { return [.send(ScriptedReply.answer(query))] }
            held.withLock { $0 = query }
            return connection == 0 ? [] : [.send(ScriptedReply.answer(query))]
        }
        let bench = try StreamBench(stream.port) { $0.maximumAge = .milliseconds(30) }
        _ = try await bench.ask("a.test")
        let query = Message(id: 7, asking: Question(try Name(parsing: "b.test"), .A)).encoded()
        let request = TCPRequest(query) { _ in }
        bench.upstream.send(request)
        try await wait(for: "the query") { held.withLock { $0 != nil } }
        // It waits on the first connection, which therefore stays, but takes no more.
        try await wait(for: "another connection") {
            _ = try await bench.ask("c.test")
            return stream.opened > 1
        }
        bench.upstream.cancel(request)
        try await wait(for: "the end of the first") { stream.closed >= 1 }
        bench.upstream.close()
        try await stream.close()
    }

    @Test("max_idle_conns: of connections that have nothing to do only so many are kept", arguments: [1, 2])
    func maximumIdle(count: Int) async throws {
        let held = Mutex<[[UInt8]]>([])
        let isOpen = Mutex(false)
        let stream = try await ScriptedStream { _, _, query in
            if isOpen.withLock({ $0 }) { return [.send(ScriptedReply.answer(query))] }
            held.withLock { $0.append(query) }
            return [.keep]
        }
        let bench = try StreamBench(stream.port) { $0.maximumIdle = count }
        async let replies = withTaskGroup(of: Int.self) { group in
            for number in 0..<4 { group.addTask { (try? await bench.ask("n\(number).test"))?.answers.count ?? 0 } }
            return await group.reduce(0, +)
        }
        try await wait(for: "four queries") { held.withLock { $0.count } == 4 }
        isOpen.withLock { $0 = true }
        stream.release { .send(ScriptedReply.answer($0)) }
        #expect(await replies == 4)
        #expect(stream.opened == 4)
        try await wait(for: "the end of the surplus") { stream.closed == 4 - count }
        #expect(try await bench.ask("more.test").answers.count == 1)
        #expect(stream.opened == 4)
        #expect(stream.closed == 4 - count)
        bench.upstream.close()
        try await stream.close()
    }

    @Test("source_address: queries are sent from it, over UDP, TCP, TLS and HTTPS")
    func sourceAddress() async throws {
        let servers = try await Servers()
        for server in servers.all {
            let forward = try ForwardFixture(
                "forward . \(server.target) {\nforce_tcp\nread_timeout 4s\n\(servers.fixture.trust)\nsource_address 127.0.0.9\n}"
            )
            let outcome = try await forward.ask("a.test")
            #expect(outcome.reply.answers.count == 1, "\(outcome.reason)")
            #expect(server.sources.addresses == ["127.0.0.9"])
            await forward.retire()
        }
        let datagrams = try await ScriptedDatagrams { query, _ in [ScriptedReply.answer(query)] }
        let forward = try ForwardFixture("forward . 127.0.0.1:\(datagrams.port) {\nsource_address 127.0.0.9\n}")
        #expect(try await forward.ask("a.test").reply.answers.count == 1)
        #expect(datagrams.sources.addresses == ["127.0.0.9"])
        await forward.retire()
        try await servers.close()
    }

    @Test("source_address: one that this machine does not have is a failure of the attempt")
    func foreignSource() async throws {
        let servers = try await Servers()
        for server in servers.all {
            let forward = try ForwardFixture(
                """
                forward . \(server.target) {
                    force_tcp
                    \(servers.fixture.trust)
                    source_address 192.0.2.1
                    max_fails 0
                }
                """)
            let outcome = try await forward.ask("a.test")
            #expect(outcome.reply.responseCode == .serverFailure)
            #expect(outcome.reason.hasSuffix("cannot assign requested address"), "\(outcome.reason)")
            await forward.retire()
        }
        try await servers.close()
    }

    @Test("a connection that is slow to come is used by the next query, though the first has given up")
    func slowConnection() async throws {
        let fixture = try SecureFixture()
        let gate = HandshakeGate()
        let stream = try await ScriptedStream(tls: fixture.context(), gate: gate, Self.answering)
        let tls = try fixture.clientTLS
        let bench = try StreamBench(stream.port, .tls(serverName: "dns.test")) {
            $0.tls = tls
            $0.handshakeTime = .seconds(60)
        }
        let impatient = TCPRequest(Message(id: 7, asking: Question(.root, .NS)).encoded()) { _ in
            Issue.record("nobody waits for it")
        }
        bench.upstream.send(impatient)
        try await wait(for: "a connection") { stream.opened == 1 }
        bench.upstream.cancel(impatient)
        async let reply = bench.ask("b.test")
        gate.open()
        #expect(try await reply.answers.count == 1)
        #expect(stream.opened == 1)
        bench.upstream.close()
        try await stream.close()
    }

    @Test("TLS that is not agreed upon in time is given up, also by those who would wait longer")
    func slowHandshake() async throws {
        let fixture = try SecureFixture()
        let stream = try await ScriptedStream(tls: fixture.context(), gate: HandshakeGate(), Self.answering)
        let tls = try fixture.clientTLS
        for transport in [UpstreamTransport.tls(serverName: nil), .https(serverName: nil)] {
            let bench = try StreamBench(stream.port, transport) {
                $0.tls = tls
                $0.handshakeTime = .milliseconds(20)
            }
            await #expect(throws: TCPFailure.noConnection("tls: handshake timeout")) {
                try await bench.ask("a.test")
            }
            bench.upstream.close()
        }
        try await wait(for: "the end of the connections") { stream.closed == 2 }
        try await stream.close()
    }

    @Test("what is closed leaves nothing behind")
    func memory() async throws {
        let servers = try await Servers()
        let tls = try servers.fixture.clientTLS
        for (port, transport) in [
            (servers.plain.port, UpstreamTransport.dns), (servers.secure.port, .tls(serverName: nil)),
            (servers.https.port, .https(serverName: nil)),
        ] {
            weak var upstream: StreamUpstream?
            do {
                let bench = try StreamBench(port, transport) { $0.tls = tls }
                _ = try await bench.ask("a.test")
                upstream = bench.upstream
                bench.upstream.close()
            }
            try await wait(for: "the end of the upstream") { upstream == nil }
        }
        try await servers.close()
    }

    @Test(
        "a connection that says nothing for a second is given up with the next query, and the others on it go elsewhere"
    )
    func stalled() async throws {
        let fixture = try SecureFixture()
        let tls = try fixture.clientTLS
        let seen = Mutex(0)
        let server = try await ScriptedHTTPS(fixture.context(protocols: ["h2"])) { request in
            seen.withLock { $0 += 1 }
            return request.connection == 0 && request.index > 0 ? .silence : .reply(ScriptedReply.answer(request.query))
        }
        let bench = try StreamBench(server.port, .https(serverName: nil)) { $0.tls = tls }
        #expect(try await bench.ask("a.test").answers.count == 1)
        let given = TCPRequest(Message(id: 7, asking: Question(.root, .NS)).encoded()) { _ in
            Issue.record("nobody waits for it")
        }
        bench.upstream.send(given)
        async let other = bench.ask("c.test")
        try await wait(for: "both queries") { seen.withLock { $0 } == 3 }
        let silent = ContinuousClock.now
        try await wait(for: "a second") { ContinuousClock.now - silent > .seconds(1) }
        #expect(server.opened == 1)
        bench.upstream.cancel(given)
        #expect(try await other.answers.map(\.owner.text) == ["c.test."])
        #expect(server.opened == 2)
        bench.upstream.close()
        try await server.close()
    }

    @Test("a query that is given up early ends no connection, one that hangs for long does")
    func stall() throws {
        func at(_ milliseconds: Int64) -> NIODeadline {
            .uptimeNanoseconds(UInt64(100_000 + milliseconds) * 1_000_000)
        }
        var watch = StallWatch()
        #expect(!watch.isStalled(at: at(0)))
        watch.sent(isAlone: true, at: at(0))
        #expect(!watch.isStalled(at: at(999)))
        #expect(watch.isStalled(at: at(1_000)))
        watch.heard()
        #expect(!watch.isStalled(at: at(1_000)))
        // Many short patiences in a row add up; time without questions does not.
        for time in stride(from: Int64(2_000), through: 2_900, by: 100) { watch.sent(isAlone: true, at: at(time)) }
        #expect(watch.isStalled(at: at(3_000)))
        watch.sent(isAlone: true, at: at(60_000))
        #expect(!watch.isStalled(at: at(60_100)))
        watch.sent(isAlone: false, at: at(60_900))
        #expect(watch.isStalled(at: at(61_000)))
    }
}
