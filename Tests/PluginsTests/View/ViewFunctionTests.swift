import DNSServer
import DNSWire
import Testing

@testable import Plugins

@Suite("view: functions")
struct ViewFunctionTests {
    /// Whether a view with this condition takes the query that `make` makes.
    private func holds(_ condition: String, _ make: (ViewBench) throws -> Query) throws -> Bool {
        let bench = try ViewBench(conditions: [condition])
        return bench.view(for: try make(bench)) == "0"
    }

    @Test(
        "Each function has CoreDNS's type and form",
        arguments: [
            "bufsize() == 512", "class() == 'IN'", "client_ip() == '192.0.2.1'", "do() == false", "!do()", "id() == 77",
            "name() == 'a.example.org.'", "opcode() == 0", "port() == '4242'", "proto() == 'udp'",
            "server_ip() == '192.0.2.53'", "server_port() == '5353'", "size() == 31", "type() == 'A'",
            "incidr(client_ip(), '192.0.2.0/24')", "incidr(client_ip(), '192.0.2.77/24')",
            "!incidr(client_ip(), '192.0.3.0/24')", "!incidr(client_ip(), '2001:db8::/32')",
            "incidr('2001:db8::1', '2001:db8::/32')", "metadata('none/such') == ''",
        ])
    func forms(condition: String) throws {
        #expect(try holds(condition) { try $0.query("A.Example.Org") })
    }

    @Test("What OPT and the transport say is there")
    func otherQueries() throws {
        let edns = EDNS(payloadSize: 2_000, dnssecOK: true)
        #expect(try holds("bufsize() == 2000 and do() and size() == 42") { try $0.query(edns: edns) })
        #expect(try holds("bufsize() == 512") { try $0.query(edns: EDNS(payloadSize: 100)) })
        #expect(try holds("bufsize() == 65535 && proto() == 'tcp'") { try $0.query(transport: .tcp) })
        #expect(try holds("client_ip() == '2001:db8::1'") { try $0.query(client: "2001:db8::1") })
        #expect(try holds("class() == 'CH'") { try $0.query(recordClass: .CH) })
        #expect(try holds("type() == 'TYPE65280'") { try $0.query("a", RecordType(rawValue: 65_280)) })
        #expect(try holds("name() == '.'") { try $0.query(".") })
    }

    @Test(
        "What cannot be computed, or is not true or false, is not true",
        arguments: [
            "incidr(name(), '192.0.2.0/24')", "!incidr(client_ip(), name())", "'true'", "1", "int(name()) == 1",
        ])
    func failures(condition: String) throws {
        #expect(try !holds(condition) { try $0.query() })
    }

    @Test("metadata has what the block's plugins know, before the query comes to them")
    func metadata() throws {
        let bench = try ViewBench(". {\nmetadata\nview mine {\nexpr metadata('view/name') == 'mine'\n}\nwhoami\n}\n")
        #expect(bench.view(for: try bench.query()) == "mine")
        #expect(try !holds("metadata('view/name') == '0'") { try $0.query() })
    }
}
