import Basics
import Corefile
import DNSServer
import DNSWire
import Synchronization
import TestSupport
import Testing

@testable import Plugins

@Suite("Upstreams given by name") struct NameResolutionTests {
    /// A clock that passes only while somebody waits.
    private final class PausingClock: Sendable {
        private let time = Mutex(Duration.zero)

        var now: Duration { time.withLock { $0 } }

        func pause(_ duration: Duration) {
            time.withLock { $0 += duration }
        }
    }

    private func resolution(
        _ clock: PausingClock, _ lookUp: @escaping @Sendable (String) throws(NameFailure) -> [SocketAddress]
    ) -> NameResolution {
        NameResolution(
            lookUp: { host throws(NameFailure) in try lookUp(host) }, now: { clock.now }, pause: { clock.pause($0) })
    }

    @Test("a name that is not found is asked for again, until it is; others are not asked for twice")
    func patience() async throws {
        let clock = PausingClock()
        let asked = Mutex<[String: Int]>([:])
        let address = try #require(SocketAddress("192.0.2.1", port: 0))
        let resolution = resolution(clock) { host throws(NameFailure) in
            let count = asked.withLock { asked in
                asked[host, default: 0] += 1
                return asked[host] ?? 0
            }
            guard host == "soon.test" || count > 3 else { throw NameFailure(description: "not yet") }
            return [address]
        }
        var told: [String] = []
        let found = try await resolution.addresses(of: ["soon.test", "late.test"]) { host, _ in told.append(host) }
        #expect(found == ["soon.test": [address], "late.test": [address]])
        #expect(asked.withLock { $0 } == ["soon.test": 1, "late.test": 4])
        #expect(told == ["late.test"])
        #expect(clock.now == .milliseconds(1_750))
    }

    @Test("patience ends after ten seconds, and when the server is to stop")
    func impatience() async throws {
        let clock = PausingClock()
        var resolution = resolution(clock) { host throws(NameFailure) in
            throw NameFailure(description: "lookup \(host): no such host")
        }
        let error = await #expect(throws: UnresolvedName.self) {
            try await resolution.addresses(of: ["b.test", "a.test"]) { _, _ in }
        }
        #expect(error?.host == "a.test")
        #expect(error?.failure.description == "lookup a.test: no such host")
        #expect(clock.now >= NameResolution.patience && clock.now < NameResolution.patience + .seconds(2))
        resolution.isStopped = { true }
        let before = clock.now
        await #expect(throws: UnresolvedName.self) { try await resolution.addresses(of: ["a.test"]) { _, _ in } }
        #expect(clock.now == before)
    }

    // MARK: The system, and resolvers

    @Test("without resolver the system says what the addresses are, /etc/hosts first")
    func system() async throws {
        let addresses = try await SystemResolver.addresses(of: "localhost").map(\.host)
        #expect(addresses.contains("127.0.0.1") || addresses.contains("::1"))
    }

    /// A resolver's reply: one address of either family.
    private static func reply(_ query: [UInt8], isTruncated: Bool = false) -> [UInt8] {
        guard var message = try? Message(decoding: query.span), let question = message.questions.first else {
            return []
        }
        message.flags.isResponse = true
        message.flags.isTruncated = isTruncated
        let address = IPAddress(question.type == .A ? "127.0.0.1" : "2001:db8::1")
        if !isTruncated, let address, question.name.text == "up.test." {
            let data = address.isIPv4 ? RecordData.a(address) : .aaaa(address)
            message.answers = [Record(question.name, question.type, ttl: 60, data)]
        }
        return message.encoded()
    }

    private static func resolver(
        _ ports: Int..., patience: Duration = .seconds(30)
    ) throws -> DatagramResolver {
        var servers: [SocketAddress] = []
        for port in ports { servers.append(try #require(SocketAddress("127.0.0.1", port: UInt16(port)))) }
        return DatagramResolver(servers: servers, patience: patience)
    }

    @Test("a resolver is asked for A and AAAA; what is no reply to the question is ignored")
    func datagrams() async throws {
        let server = try await ScriptedDatagrams { query, _ in
            var other = Self.reply(query)
            other[0] ^= 1
            var question = Self.reply(query)
            question[13] ^= 1
            return [[], other, question, query, Self.reply(query)]
        }
        let addresses = try await Self.resolver(server.port).addresses(of: "up.test")
        #expect(addresses.map(\.host) == ["127.0.0.1", "2001:db8::1"])
    }

    @Test("a resolver that says nothing, or knows nothing, is followed by the next")
    func order() async throws {
        let mute = try await ScriptedDatagrams { _, _ in [] }
        let empty = try await ScriptedDatagrams { query, _ in [ScriptedReply.answer(query, isTruncated: false)] }
        let gone = try await ScriptedDatagrams { _, _ in [] }
        try await gone.close()
        let good = try await ScriptedDatagrams { query, _ in [Self.reply(query)] }
        let addresses = try await Self.resolver(mute.port, gone.port, good.port, patience: .seconds(2)).addresses(
            of: "up.test")
        #expect(addresses.map(\.host) == ["127.0.0.1", "2001:db8::1"])
        #expect(try await Self.resolver(empty.port).addresses(of: "up.test").map(\.host) == ["192.0.2.1", "192.0.2.1"])
        let error = await #expect(throws: NameFailure.self) {
            try await Self.resolver(good.port, mute.port, patience: .seconds(2)).addresses(of: "nowhere.test")
        }
        #expect(
            error?.description
                == "no addresses found for \"nowhere.test\": 127.0.0.1:\(mute.port): i/o timeout")
    }

    @Test("what a resolver cuts short over UDP is asked for over TCP")
    func truncated() async throws {
        let (datagrams, stream) = try await ScriptedStream.besideDatagrams(
            datagrams: { [(Self.reply($0.octets, isTruncated: true), $0.port)] },
            stream: { _, _, query in [.send(Self.reply(query))] })
        let addresses = try await Self.resolver(datagrams.port).addresses(of: "up.test")
        #expect(addresses.map(\.host) == ["127.0.0.1", "2001:db8::1"])
        try await stream.close()
        try await datagrams.close()
    }

    // MARK: In a configuration

    @Test("names are resolved at the start, by the servers of resolver, and stand where they stood on the line")
    func start() async throws {
        let resolver = try await ScriptedDatagrams { query, _ in [Self.reply(query)] }
        let upstream = try await ScriptedDatagrams { query, _ in [ScriptedReply.answer(query)] }
        let forward = try ForwardFixture(
            """
            forward . 192.0.2.1 up.test:\(upstream.port) 127.0.0.1:\(upstream.port) tls://up.test {
                policy sequential
                resolver 127.0.0.1:\(resolver.port)
            }
            """)
        #expect(forward.plugin.groups.isEmpty)
        try await forward.plugin.start()
        #expect(
            forward.plugin.groups[0].upstreams.map(\.target.description) == [
                "192.0.2.1:53", "127.0.0.1:\(upstream.port)", "[2001:db8::1]:\(upstream.port)", "tls://127.0.0.1:853",
                "tls://[2001:db8::1]:853",
            ])
        let names = forward.plugin.groups[0].upstreams.map(\.target.transport.serverName)
        #expect(names == [nil, nil, nil, "up.test", "up.test"])
        await forward.retire()
        let asking = try ForwardFixture(
            "forward . up.test:\(upstream.port) {\nresolver 127.0.0.1:\(resolver.port)\nsource_address 127.0.0.1\n}")
        try await asking.plugin.start()
        #expect(try await asking.ask("a.test").reply.answers.count == 1)
        await asking.retire()
    }

    @Test("a name without addresses stops the start, in CoreDNS's words, at its place")
    func unresolved() async throws {
        var configuration = try #require(try ForwardConfigurationTests.read("forward . 192.0.2.1 nowhere.test").first)
        let clock = PausingClock()
        let resolution = resolution(clock) { host throws(NameFailure) in
            throw NameFailure(description: "lookup \(host): no such host")
        }
        do {
            try await configuration.resolveNames(resolution) { _, _ in }
            Issue.record("it was resolved")
        } catch {
            #expect(error.message == "failed to resolve \"nowhere.test\": lookup nowhere.test: no such host")
            #expect((error.line, error.column) == (2, 21))
            #expect(error.hint != nil)
        }
    }
}
