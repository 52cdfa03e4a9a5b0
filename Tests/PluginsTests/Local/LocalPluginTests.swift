import DNSWire
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("local")
struct LocalPluginTests {
    private func bench(_ directive: String = "local") throws -> PluginBench {
        try PluginBench(". {\n\(directive)\nwhoami\n}\n", [LocalPlugin.definition, WhoamiPlugin.definition])
    }

    private static func soa(_ owner: String) -> String {
        "\(owner) 604800 IN SOA localhost. root.localhost. 1 0 0 0 604800"
    }

    struct Row: Sendable {
        var name: String
        var type: RecordType
        var answer: String?
        /// The owner of the SOA record of a denial.
        var zone: String?
        var code = ResponseCode.noError
    }

    @Test(
        "RFC 6761 §6.3 and RFC 6303 §4.3: localhost and the addresses of this host are answered here",
        arguments: [
            Row(name: "localhost.", type: .A, answer: "localhost. 604800 IN A 127.0.0.1"),
            Row(name: "LocalHost.", type: .AAAA, answer: "LocalHost. 604800 IN AAAA ::1"),
            Row(name: "localhost.", type: .NS, answer: "localhost. 604800 IN NS localhost."),
            Row(name: "localhost.", type: .SOA, answer: soa("localhost.")),
            Row(name: "localhost.", type: .MX, zone: "localhost."),
            Row(name: "a.b.localhost.", type: .A, answer: "a.b.localhost. 604800 IN A 127.0.0.1"),
            Row(name: "a.localhost.", type: .SOA, zone: "a.localhost."),
            Row(name: "localhost.example.org.", type: .AAAA, answer: "localhost.example.org. 604800 IN AAAA ::1"),
            Row(name: "localhost.example.org.", type: .TXT, zone: "localhost.example.org."),
            Row(
                name: "1.0.0.127.in-addr.arpa.", type: .PTR,
                answer: "1.0.0.127.in-addr.arpa. 604800 IN PTR localhost."),
            Row(name: "1.0.0.127.in-addr.arpa.", type: .A, zone: "127.in-addr.arpa."),
            Row(name: "2.0.0.127.in-addr.arpa.", type: .PTR, zone: "127.in-addr.arpa.", code: .nameError),
            Row(name: "0.in-addr.arpa.", type: .NS, answer: "0.in-addr.arpa. 604800 IN NS localhost."),
            Row(name: "0.in-addr.arpa.", type: .PTR, zone: "0.in-addr.arpa."),
            Row(name: "255.in-addr.arpa.", type: .SOA, answer: soa("255.in-addr.arpa.")),
            Row(name: "1.255.in-addr.arpa.", type: .A, zone: "255.in-addr.arpa.", code: .nameError),
        ])
    func answers(_ row: Row) throws {
        let reply = try #require(try bench().ask(row.name, row.type))
        #expect(reply.responseCode == row.code && !reply.flags.isAuthoritative)
        #expect(reply.answers.map(\.text) == (row.answer.map { [$0] } ?? []))
        #expect(reply.authorities.map(\.text) == (row.zone.map { [Self.soa($0)] } ?? []))
        #expect(reply.additionals.isEmpty)
    }

    @Test(
        "other names go on, and so do classes without such data",
        arguments: ["example.org.", "localhosts.example.org.", "1.in-addr.arpa.", "xlocalhost."])
    func others(_ name: String) throws {
        #expect(try bench().ask(name)?.additionals.count == 2)
    }

    @Test("localhost_prefix off takes names in other domains for what they are; on is usual")
    func prefix() throws {
        for (value, count) in [("on", 1), ("off", 0)] {
            let bench = try bench("local {\nlocalhost_prefix \(value)\n}")
            #expect(try bench.ask("localhost.example.org.")?.answers.count == count)
            #expect(try bench.ask("a.localhost.")?.answers.count == 1)
        }
    }

    @Test("names that are taken for localhost are counted, and localhost itself is not")
    func metric() throws {
        let bench = try bench()
        for name in ["localhost.", "a.localhost.", "localhost.example.org.", "127.in-addr.arpa.", "example.org."] {
            _ = try bench.ask(name)
        }
        #expect(
            bench.metric("coredns_local_localhost_requests_total") == "coredns_local_localhost_requests_total 2")
    }

    @Test(
        "mistakes have CoreDNS's words",
        arguments: [
            ("local x", "Wrong argument count or unexpected line ending after 'x'"),
            ("local {\nlocalhost_prefix\n}", "Wrong argument count or unexpected line ending after 'localhost_prefix'"),
            (
                "local {\nlocalhost_prefix on off\n}",
                "Wrong argument count or unexpected line ending after 'off'"
            ),
            ("local {\nlocalhost_prefix yes\n}", #"localhost_prefix expects 'on' or 'off', got "yes""#),
            ("local {\nprefix on\n}", "unknown property 'prefix'"),
        ])
    func mistakes(_ text: String, _ message: String) throws {
        #expect(try mistake(in: text, LocalPlugin.definition) == message)
    }
}
