import Corefile
import DNSWire
import Telemetry
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("The acl plugin")
struct AclPluginTests {
    /// A block whose last plugin answers everything.
    private func bench(_ directives: String, zones: String = ".") throws -> PluginBench {
        try PluginBench(
            "\(zones) {\n\(directives)\nerratic\n}\n",
            [
                AclPlugin.definition,
                ScriptedPlugin.definition(acceptsAllClasses: true) { query in
                    query.beginReply()
                    query.appendAddress()
                    return .reply
                },
            ])
    }

    /// What was done with a query: `allow`, `block`, `filter` or `drop`.
    private func outcome(_ bench: PluginBench, _ name: String, _ type: RecordType, _ client: String) throws -> String {
        guard let reply = try bench.ask(name, type, client: client) else { return "drop" }
        let error = reply.edns?.options.first { $0.code == .extendedError }?.data
        switch (reply.responseCode, error) {
        case (.noError, nil) where !reply.answers.isEmpty: return "allow"
        case (.refused, [0, 15]) where reply.answers.isEmpty: return "block"
        case (.noError, [0, 17]) where reply.answers.isEmpty: return "filter"
        default: return reply.text
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var lines: String
        var type = RecordType.A
        var client = "192.0.2.1"
        var expected: String
        var testDescription: String { "\(lines) | \(type) \(client)" }
    }

    @Test(
        "each action has its effect, on its types and networks alone; the first line that is for a query decides",
        arguments: [
            Case(lines: "", expected: "allow"), Case(lines: "block", expected: "block"),
            Case(lines: "filter", expected: "filter"), Case(lines: "drop", expected: "drop"),
            Case(lines: "allow\nblock", expected: "allow"), Case(lines: "block\nallow", expected: "block"),
            Case(lines: "BLOCK TYPE A NET *", expected: "block"),
            Case(lines: "block type A", expected: "block"), Case(lines: "block type AAAA MX", expected: "allow"),
            Case(lines: "block type AAAA A", expected: "block"), Case(lines: "block type a", expected: "block"),
            Case(lines: "block type *", type: .TXT, expected: "block"),
            Case(lines: "block type A *", type: .TXT, expected: "block"),
            Case(lines: "block type ANY", expected: "allow"),
            Case(lines: "block type ANY", type: .ANY, expected: "block"),
            Case(lines: "block type TYPE123", type: RecordType(rawValue: 123), expected: "block"),
            Case(lines: "block type TYPE1", expected: "block"),
            Case(lines: "block net 192.0.2.0/24", expected: "block"),
            Case(lines: "block net 192.0.2.0/24", client: "192.0.3.1", expected: "allow"),
            Case(lines: "block net 192.0.2.1", expected: "block"),
            Case(lines: "block net 192.0.2.2", expected: "allow"),
            Case(lines: "block net 10.0.0.0/8 192.0.2.0/31", expected: "block"),
            Case(lines: "block net *", expected: "block"),
            Case(lines: "block net 10.0.0.0/8 *", expected: "block"),
            Case(lines: "block net 192.0.2.7/24", expected: "block"),
            Case(lines: "block net 0.0.0.0/0", client: "2001:db8::1", expected: "allow"),
            Case(lines: "block net ::/0", expected: "allow"),
            Case(lines: "block net ::/0", client: "2001:db8::1", expected: "block"),
            Case(lines: "block net 2001:db8::1", client: "2001:db8::1", expected: "block"),
            Case(lines: "block net 2001:db8::/32", client: "2001:db9::1", expected: "allow"),
            Case(lines: "block net ::ffff:192.0.2.0/120", expected: "block"),
            Case(lines: "block net ::ffff:192.0.2.1", expected: "block"),
            Case(lines: "block net 192.0.2.0/24", client: "::ffff:192.0.2.1", expected: "block"),
            Case(lines: "block net fe80::/10", client: "fe80::1%lo", expected: "block"),
            Case(lines: "block type A net 192.0.2.0/24", expected: "block"),
            Case(lines: "block net 192.0.2.0/24 type A", expected: "block"),
            Case(lines: "block type A net 192.0.2.0/24", type: .MX, expected: "allow"),
            Case(lines: "block type A net 10.0.0.0/8 type MX net 192.0.2.1", type: .MX, expected: "block"),
            Case(
                lines: "allow net 192.0.2.1\nallow net 192.0.2.2\nblock net 192.0.2.0/24", client: "192.0.2.2",
                expected: "allow"),
            Case(
                lines: "allow net 192.0.2.1\nallow net 192.0.2.2\nblock net 192.0.2.0/24", client: "192.0.2.3",
                expected: "block"),
            Case(
                lines: "allow net 192.0.2.1\nallow type MX net 192.0.2.2\nblock", client: "192.0.2.2", expected: "block"
            ),
        ])
    func decides(_ example: Case) throws {
        let bench = try bench("acl {\n\(example.lines)\n}")
        #expect(try outcome(bench, "a.example.org", example.type, example.client) == example.expected)
    }

    @Test(
        "of several directives the first decides that has the name and a line for the query",
        arguments: [
            ("x.a.test", RecordType.A, "block"), ("a.test", .A, "block"), ("x.a.test", .AAAA, "filter"),
            ("x.a.test", .MX, "allow"), ("X.B.A.test", .MX, "drop"), ("xa.test", .A, "allow"),
            ("c.test", .AAAA, "filter"),
            ("other.test", .A, "allow"),
        ])
    func zones(_ name: String, _ type: RecordType, _ expected: String) throws {
        let bench = try bench(
            """
            acl a.test c.test {
                block type A
                filter type AAAA
            }
            acl b.a.test a.test {
                allow type A AAAA
            }
            acl b.a.test {
                drop
            }
            """)
        #expect(try outcome(bench, name, type, "192.0.2.1") == expected)
    }

    // What CoreDNS 1.14.7 gave.
    @Test("recorded: the reply has an OPT record with DO for every asker, of its size or of 4,096 octets")
    func extendedError() throws {
        let bench = try bench("acl {\nblock type A\nfilter type AAAA\n}")
        for (type, code, error) in [(RecordType.A, ResponseCode.refused, UInt8(15)), (.AAAA, .noError, 17)] {
            for (asked, size) in [(nil, UInt16(4_096)), (EDNS(payloadSize: 1_232), 1_232)] {
                let reply = try #require(try bench.ask("a.test", type, edns: asked))
                #expect(reply.responseCode == code && !reply.flags.isAuthoritative && !reply.flags.recursionAvailable)
                let edns = try #require(reply.edns)
                #expect(edns.payloadSize == size && edns.dnssecOK && edns.version == 0)
                #expect(edns.options == [EDNSOption(.extendedError, [0, error])])
                #expect(reply.answers.isEmpty && reply.authorities.isEmpty && reply.questions.count == 1)
            }
        }
    }

    @Test("what is done is counted by the zone that has the name, and what is allowed altogether")
    func metrics() throws {
        let bench = try bench(
            """
            acl a.test {
                block type A
                filter type AAAA
                drop type MX
            }
            acl {
                block type TXT
            }
            """)
        for type in [RecordType.A, .A, .AAAA, .MX, .TXT, .SRV, .NS] { _ = try bench.ask("x.a.test", type) }
        let server = #"server="dns://:53",view="""#
        func value(_ name: String, _ zone: String?) -> String? {
            let zone = zone.map { ",zone=\"\($0)\"" } ?? ""
            return bench.metric("coredns_acl_\(name)_requests_total{\(server)\(zone)}")?
                .split(separator: " ").last.map(String.init)
        }
        #expect(value("blocked", "a.test.") == "2" && value("blocked", ".") == "1")
        #expect(value("filtered", "a.test.") == "1" && value("dropped", "a.test.") == "1")
        #expect(value("allowed", nil) == "2")
    }

    @Test(
        "what is wrong is said in CoreDNS's words, with its place and a hint",
        arguments: [
            ("deny", "unexpected token \"deny\"; expect 'allow', 'block', 'filter' or 'drop'", 9),
            ("block A", "unexpected token \"A\"; expect 'type | net'", 15),
            ("block type", "no token specified in \"type\" section", 15),
            ("block type net 10.0.0.0/8", "no token specified in \"type\" section", 15),
            ("block NET", "no token specified in \"net\" section", 15),
            ("block type ABC", "unexpected token \"ABC\"; expect legal QTYPE", 20),
            ("block type A TYPE65536", "unexpected token \"TYPE65536\"; expect legal QTYPE", 22),
            ("block net 10.0.0.0/36", "illegal CIDR notation \"10.0.0.0/36\"", 19),
            ("block net 10.0.0/8", "illegal CIDR notation \"10.0.0/8\"", 19),
            ("block net x", "illegal CIDR notation \"x/32\"", 19),
            ("block net 10.0.0.1 2001:db8::/129", "illegal CIDR notation \"2001:db8::/129\"", 28),
            ("block net 2001:db8", "illegal CIDR notation \"2001:db8/128\"", 19),
        ])
    func mistakes(_ line: String, _ message: String, column: Int) throws {
        let error = try #require(throws: ConfigurationError.self) { try bench("acl {\n        \(line)\n}") }
        #expect(error.message == message && error.line == 3 && error.column == column, "\(error)")
        #expect(error.hint != nil && error.plugin == "acl")
    }

    @Test("whose address is not known is blocked")
    func noAddress() throws {
        let bench = try bench("acl {\nallow\n}")
        let query = Query(worker: bench.worker)
        query.take(Message(id: 1, asking: Question(try Name(parsing: "a.test"), .A)).encoded().span)
        #expect(query.admit() == .admitted)
        let handler = try #require(try bench.plugin(AclPlugin.self).makeHandler(for: bench.worker))
        guard case .reply = handler.handle(query) else {
            Issue.record("it is answered otherwise")
            return
        }
        #expect(query.responseCode == .refused)
    }

    @Test("a list with a network a line is one policy, in which each of 100,000 networks is found")
    func longList() throws {
        let lines = (0..<100_000).map { "block net 10.\($0 >> 16).\($0 >> 8 & 255).\($0 & 255)" }
        let bench = try bench("acl {\n\(lines.joined(separator: "\n"))\n}")
        for (client, expected) in [
            ("10.0.0.0", "block"), ("10.1.134.159", "block"), ("10.1.134.160", "allow"), ("11.0.0.0", "allow"),
        ] {
            #expect(try outcome(bench, "a.test", .A, client) == expected)
        }
        let configurations = try AclConfiguration.directive.readEach(
            Corefile.parse(text: ". {\nacl {\nblock net 10.0.0.1\nblock net 10.0.0.2\nallow\n}\n}\n").blocks[0]
                .directives(named: "acl"), serverZones: ["."], initial: AclConfiguration())
        #expect(configurations.map(\.policies.count) == [2])
    }
}
