import Corefile
import DNSWire
import Synchronization
import Testing

@testable import DNSServer
@testable import Plugins

/// EDNS options that upstreams are told.
@Suite("rewrite: EDNS options")
struct RewriteOptionTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var rule: String
        var given: [EDNSOption]? = []
        var expected: [EDNSOption]
        var client = "192.0.2.1"
        var testDescription: String { "\(rule) \(given.map { "\($0.map(\.text))" } ?? "without EDNS") \(client)" }
    }

    private static func local(_ data: [UInt8]) -> EDNSOption { EDNSOption(EDNSOptionCode(rawValue: 0xFFEE), data) }
    private static func subnet(_ data: [UInt8]) -> EDNSOption { EDNSOption(.clientSubnet, data) }

    static let rows = [
        Row(rule: "local set 0xffee 0x0102", given: nil, expected: [local([1, 2])]),
        Row(rule: "local set 65518 0x0102", expected: [local([1, 2])]),
        Row(rule: "local set 0xffee ab", given: [local([9])], expected: [local([0x61, 0x62])]),
        Row(rule: "local append 0xffee ab", given: [local([9])], expected: [local([9]), local([0x61, 0x62])]),
        Row(rule: "local append 0xffee ab", expected: [local([0x61, 0x62])]),
        Row(rule: "local replace 0xffee ab", given: [local([9])], expected: [local([0x61, 0x62])]),
        Row(rule: "local replace 0xffee ab", expected: []),
        Row(
            rule: "local unset 0xffee", given: [local([9]), EDNSOption(.nsid), local([8])],
            expected: [EDNSOption(.nsid)]),
        Row(rule: "LOCAL SET 0xffee ab", expected: [local([0x61, 0x62])]),
        Row(rule: "nsid set", expected: [EDNSOption(.nsid)]),
        Row(rule: "nsid set", given: [EDNSOption(.nsid, [1])], expected: [EDNSOption(.nsid)]),
        Row(rule: "nsid append", given: [EDNSOption(.nsid)], expected: [EDNSOption(.nsid), EDNSOption(.nsid)]),
        Row(rule: "nsid replace", expected: []), Row(rule: "nsid unset", given: [EDNSOption(.nsid)], expected: []),
        Row(rule: "subnet set 24 56", expected: [subnet([0, 1, 24, 0, 192, 0, 2])]),
        Row(rule: "subnet set 20 56", expected: [subnet([0, 1, 20, 0, 192, 0, 0])]),
        Row(rule: "subnet set 0 56", expected: [subnet([0, 1, 0, 0])]),
        Row(
            rule: "subnet set 24 44", expected: [subnet([0, 2, 44, 0, 0x20, 0x01, 0x0D, 0xB8, 0xFF, 0xF0])],
            client: "2001:db8:ffff::1"),
        Row(
            rule: "subnet replace 24 56", given: [subnet([0, 1, 0, 0])], expected: [subnet([0, 1, 24, 0, 192, 0, 2])]),
        Row(rule: "subnet append 24 56", given: [subnet([0, 1, 0, 0])], expected: [subnet([0, 1, 0, 0])]),
        Row(rule: "subnet unset", given: [subnet([0, 1, 0, 0])], expected: []),
        Row(rule: "local set 0xffee {qname}", expected: [local(Array("A.test.".utf8))]),
        Row(rule: "local set 0xffee {qtype}", expected: [local([0, 1])]),
        Row(rule: "local set 0xffee {client_ip}", expected: [local([192, 0, 2, 1])]),
        Row(rule: "local set 0xffee {client_port}", expected: [local([0x10, 0x92])]),
        Row(rule: "local set 0xffee {protocol}", expected: [local(Array("udp".utf8))]),
        Row(rule: "local set 0xffee {none/such}", expected: []),
    ]

    @Test("what upstreams get to see", arguments: rows)
    func options(_ row: Row) throws {
        let seen = RewriteRuleTests.Seen()
        let bench = try RewriteRuleTests.bench("rewrite edns0 \(row.rule)", seen)
        let edns = row.given.map { EDNS(payloadSize: 1_400, options: $0) }
        let reply = try #require(try bench.ask("A.test", edns: edns, client: row.client))
        #expect(seen.options.withLock { $0 } == row.expected)
        // Who sent no OPT record gets one now, as from CoreDNS, and no more than 512 octets all the same.
        #expect(reply.edns?.payloadSize == (row.given == nil ? 4_096 : 1_400))
        #expect(reply.edns?.options == [])
    }

    @Test("an asker without EDNS gets no more than 512 octets over UDP, although the query has an OPT record now")
    func limit() throws {
        let answers = try (0..<60).map { try RewriteRuleTests.address("a\($0).test") }
        let bench = try RewriteRuleTests.bench("rewrite edns0 nsid set", answers: answers)
        let reply = try #require(try bench.ask("a.test"))
        #expect(reply.flags.isTruncated && reply.encoded().count <= 512)
        #expect(try bench.ask("a.test", transport: .tcp)?.answers.count == 60)
    }

    @Test("a value of another plugin's is told, once there is one")
    func metadata() throws {
        let seen = RewriteRuleTests.Seen()
        let bench = try PluginBench(
            ". {\nmetadata\nrewrite edns0 local set 0xffee {test/label}\nerratic\n}\n",
            [
                MetadataPlugin.definition,
                RewritePlugin.definition,
                ScriptedPlugin.definition { query in
                    let message = try? Message(decoding: query.message)
                    seen.options.withLock { $0 = message?.edns?.options ?? [] }
                    query.beginReply()
                    return .reply
                },
            ])
        _ = try bench.ask("a.test")
        #expect(seen.options.withLock { $0 } == [])
    }

    @Test(
        "'revert' takes the option out of the reply again, or puts the asker's data there",
        arguments: [(nil, []), ([7], [[7]])] as [([UInt8]?, [[UInt8]])])
    func revert(given: [UInt8]?, expected: [[UInt8]]) throws {
        for isReverted in [true, false] {
            let bench = try PluginBench(
                ". {\nrewrite edns0 local set 0xffee ab \(isReverted ? "revert" : "")\nerratic\n}\n",
                [
                    RewritePlugin.definition,
                    ScriptedPlugin.definition { query in
                        query.beginReply()
                        query.addReplyOption(EDNSOptionCode(rawValue: 0xFFEE), [1, 2, 3])
                        query.addReplyOption(.extendedError, [0, 9])
                        return .reply
                    },
                ])
            let reply = try #require(
                try bench.ask("a.test", edns: EDNS(options: given.map { [Self.local($0)] } ?? [])))
            let kept = isReverted ? expected : [[1, 2, 3]]
            #expect(reply.edns?.options == kept.map(Self.local) + [EDNSOption(.extendedError, [0, 9])])
        }
    }

    @Test("a signed query stays as it is (RFC 8945 §5.5)")
    func signed() throws {
        let seen = RewriteRuleTests.Seen()
        let bench = try RewriteRuleTests.bench("rewrite edns0 nsid set", seen)
        var message = Message(id: 7, asking: Question(try RewriteRuleTests.name("a.test"), .A), edns: EDNS())
        message.additionals = [
            Record(try RewriteRuleTests.name("key."), .TSIG, recordClass: .ANY, ttl: 0, .unknown([0]))
        ]
        #expect(try bench.send(message) != nil)
        #expect(seen.options.withLock { $0 } == [])
    }
}
