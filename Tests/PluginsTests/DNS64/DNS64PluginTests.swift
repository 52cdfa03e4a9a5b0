import Corefile
import DNSWire
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("dns64")
struct DNS64PluginTests {
    /// What the last plugin says to a question for AAAA and to one for A.
    struct World: Sendable {
        var aaaa: [Record] = []
        var aaaaCode = ResponseCode.noError
        var a: [Record] = [record(.a(IPAddress(v4: 0xC000_0221)))]
        var aCode = ResponseCode.noError
        var soaTTL: UInt32?
        var fails = false
    }

    private static let name = Name(uncheckedWire: [1, 0x61, 4] + Array("test".utf8) + [0])

    private static func record(_ data: RecordData, ttl: UInt32 = 300) -> Record {
        let type: RecordType =
            switch data {
            case .a: .A
            case .aaaa: .AAAA
            case .cname: .CNAME
            default: .SOA
            }
        return Record(name, type, ttl: ttl, data)
    }

    private func bench(_ directive: String, _ world: World = World()) throws -> PluginBench {
        try PluginBench(
            ". {\n\(directive)\nerratic\n}\n",
            [
                DNS64Plugin.definition,
                ScriptedPlugin.definition { query in
                    let isAAAA = query.type == .AAAA
                    if isAAAA, world.fails { return .fail(QueryFailure(.serverFailure, "no")) }
                    query.beginReply(isAAAA ? world.aaaaCode : world.aCode, authoritative: true)
                    for record in isAAAA ? world.aaaa : world.a { record.encode(into: query.reply) }
                    guard isAAAA, let ttl = world.soaTTL else { return .reply }
                    query.reply.section = .authority
                    let soa = SOAData(
                        primary: Self.name, mailbox: Self.name, serial: 1, refresh: 2, retry: 3, expire: 4, minimum: 5)
                    Self.record(.soa(soa), ttl: ttl).encode(into: query.reply)
                    return .reply
                },
            ])
    }

    private func ask(
        _ bench: PluginBench, _ type: RecordType = .AAAA, client: String = "2001:db8::5", edns: EDNS? = nil
    ) async throws -> Message {
        try #require(try await bench.askOnWorker("a.test", type, edns: edns, client: client))
    }

    @Test(
        "192.0.2.33 in networks of each length (RFC 6052 §2.4)",
        arguments: [
            ("", "64:ff9b::c000:221"), ("2001:db8::/32", "2001:db8:c000:221::"),
            ("2001:db8:100::/40", "2001:db8:1c0:2:21::"), ("2001:db8:122::/48", "2001:db8:122:c000:2:2100::"),
            ("2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"),
            ("2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100:0"),
            ("2001:db8:122:344::/72", "2001:db8:122:344:c0:2:2100:0"),
            ("2001:db8:122:344::/80", "2001:db8:122:344:0:c000:221:0"),
            ("2001:db8:122:344::/88", "2001:db8:122:344:0:c0:2:2100"),
            ("2001:db8:122:344::/96", "2001:db8:122:344::c000:221"),
            ("{\nprefix 2001:db8::/32\n}", "2001:db8:c000:221::"),
        ])
    func embedding(_ argument: String, expected: String) async throws {
        let reply = try await ask(try bench("dns64 \(argument)"))
        #expect(reply.answers.map(\.text) == ["a.test. 300 IN AAAA \(expected)"])
        #expect(reply.questions.map(\.text) == ["a.test. IN AAAA"] && reply.responseCode == .noError)
    }

    @Test(
        "the TTL is at most that of the answer that there is no IPv6 address, or 600 seconds (RFC 6147 §5.1.7)",
        arguments: [(60, 60), (900, 300), (nil, 300)] as [(UInt32?, UInt32)])
    func ttl(_ soa: UInt32?, expected: UInt32) async throws {
        let reply = try await ask(try bench("dns64", World(soaTTL: soa)))
        #expect(reply.answers.map(\.ttl) == [expected])
        let long = World(a: [Self.record(.a(IPAddress(v4: 1)), ttl: 7_200)])
        #expect(try await ask(try bench("dns64", long)).answers.map(\.ttl) == [600])
    }

    private static let own = record(.aaaa(IPAddress(v6: 0x2001 << 112 | 1)))
    private static let mapped = record(.aaaa(IPAddress(v6: 0xFFFF_0102_0304)))

    @Test(
        "a name with an IPv6 address keeps it, unless all are to be translated; mapped ones do not count (RFC 6147 §5.1.4)"
    )
    func present() async throws {
        let world = World(aaaa: [Self.own])
        #expect(try await ask(try bench("dns64", world)).answers.map(\.text) == ["a.test. 300 IN AAAA 2001::1"])
        let all = try await ask(try bench("dns64 {\ntranslate_all\n}", world))
        #expect(all.answers.map(\.text) == ["a.test. 300 IN AAAA 64:ff9b::c000:221"])
        let mapped = try await ask(try bench("dns64", World(aaaa: [Self.mapped])))
        #expect(mapped.answers.map(\.text) == ["a.test. 300 IN AAAA 64:ff9b::c000:221"])
    }

    @Test("aliases on the way to the addresses go with them")
    func aliases() async throws {
        let alias = Self.record(.cname(Self.name))
        let reply = try await ask(
            try bench("dns64", World(aaaa: [alias], a: [alias, Self.record(.a(IPAddress(v4: 1)))])))
        #expect(reply.answers.map(\.type) == [.CNAME, .AAAA])
    }

    @Test(
        "who is not served: askers over IPv4 unless allowed, other types, validators (RFC 6147 §5.5), names that do not exist, failures"
    )
    func others() async throws {
        let plain = try bench("dns64")
        #expect(try await ask(plain, client: "192.0.2.1").answers.isEmpty)
        #expect(try await ask(try bench("dns64"), .TXT).answers.allSatisfy { $0.type == .A })
        let allowed = try await ask(try bench("dns64 {\nallow_ipv4\n}"), client: "192.0.2.1")
        #expect(allowed.answers.map(\.type) == [.AAAA])
        #expect(try await ask(try bench("dns64", World(aaaaCode: .nameError))).responseCode == .nameError)
        let failed = try await ask(try bench("dns64", World(fails: true)))
        #expect(failed.responseCode == .serverFailure && failed.answers.isEmpty)
        var message = Message(id: 7, asking: Question(Self.name, .AAAA), edns: EDNS(dnssecOK: true))
        message.flags.checkingDisabled = true
        #expect(try bench("dns64").send(message, client: "2001:db8::5")?.answers == [])
    }

    @Test(
        "that there is no IPv4 address either is said as the server says it",
        arguments: [ResponseCode.noError, .nameError, .serverFailure, .refused])
    func none(_ code: ResponseCode) async throws {
        let reply = try await ask(try bench("dns64", World(a: [], aCode: code)))
        #expect(reply.responseCode == code && reply.answers.isEmpty)
    }

    @Test("an upstream's SERVFAIL for AAAA is taken for no address (RFC 6147 §5.1.2)")
    func upstreamFailure() async throws {
        let reply = try await ask(try bench("dns64", World(aaaaCode: .serverFailure)))
        #expect(reply.responseCode == .noError && reply.answers.map(\.type) == [.AAAA])
    }

    @Test("what is translated is counted")
    func counted() async throws {
        let bench = try bench("dns64")
        _ = try await ask(bench)
        #expect(bench.metric(#"coredns_dns64_requests_translated_total{server="dns://:53"}"#)?.hasSuffix(" 1") == true)
    }

    @Test(
        "wrong values",
        arguments: [
            ("dns64 nonsense", "invalid CIDR address: nonsense"),
            ("dns64 10.0.0.0/8", "invalid netmask 32 IPv6 address: \"10.0.0.0/8\""),
            ("dns64 64:ff9b::/24", "invalid prefix length \"64:ff9b::/24\""),
            ("dns64 64:ff9b::/97", "invalid prefix length \"64:ff9b::/97\""),
            ("dns64 64:ff9b::/95", "invalid prefix length \"64:ff9b::/95\""),
            ("dns64 64:ff9b::/96 more", "Wrong argument count or unexpected line ending after 'more'"),
            ("dns64 {\ncolor\n}", "unknown property 'color'"),
            ("dns64 {\nprefix\n}", "Wrong argument count or unexpected line ending after 'prefix'"),
        ])
    func mistakes(_ text: String, message: String) throws {
        #expect(try mistake(in: text, DNS64Configuration.directive, DNS64Configuration()) == message)
    }
}
