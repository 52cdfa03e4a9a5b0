import DNSServer
import Testing

@testable import Plugins

@Suite struct ResolverFileTests {
    static func servers(_ text: String) -> [String] {
        ResolverFile(parsing: Array(text.utf8)).servers.map(\.description)
    }

    @Test(
        "nameserver lines are read, all others are not",
        arguments: [
            ("nameserver 192.0.2.1\n", ["192.0.2.1:53"]),
            ("nameserver 192.0.2.1", ["192.0.2.1:53"]),
            ("nameserver\t2001:db8::1\r\nnameserver   192.0.2.2   # second\n", ["[2001:db8::1]:53", "192.0.2.2:53"]),
            ("search example.org\noptions ndots:5\nnameserver 192.0.2.1 192.0.2.2\n", ["192.0.2.1:53"]),
            ("#nameserver 192.0.2.1\n;nameserver 192.0.2.2\n", []),
            (" nameserver 192.0.2.1\n", ["192.0.2.1:53"]),
            ("nameserver\nnameserver \nnameservers 192.0.2.1\nNAMESERVER 192.0.2.1\n", []),
            ("nameserver 192.0.2.1\nnameserver 192.0.2.1\n", ["192.0.2.1:53"]),
            (
                "nameserver 192.0.2.1:53\nnameserver host.example\nnameserver 192.0.2.300\nnameserver 192.0.2.9\n",
                ["192.0.2.9:53"]
            ),
            ("", []),
        ])
    func lines(_ text: String, _ expected: [String]) {
        #expect(Self.servers(text) == expected)
    }

    @Test("what is no address is told, and not all of it")
    func rejected() {
        let long = String(repeating: "x", count: 10_000)
        let file = ResolverFile(parsing: Array("nameserver \(long)\nnameserver b\nnameserver c\nnameserver d\n".utf8))
        #expect(file.rejected == [String(repeating: "x", count: 64), "b", "c"])
    }

    @Test("hostile files: octets of every kind, no end of line, very many servers")
    func hostile() {
        #expect(ResolverFile(parsing: [0, 255, 10, 13, 32]).servers.isEmpty)
        #expect(ResolverFile(parsing: Array("nameserver \u{0}192.0.2.1".utf8)).servers.isEmpty)
        #expect(ResolverFile(parsing: Array("nameserver ".utf8) + [0xC0, 0x80]).servers.isEmpty)
        let many = (0..<5_000).map { "nameserver 10.0.\($0 / 256).\($0 % 256)\n" }.joined()
        #expect(Self.servers(many).count == ResolverFile.maximumServers)
    }
}
