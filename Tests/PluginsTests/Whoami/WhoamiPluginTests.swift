import Corefile
import DNSServer
import DNSWire
import Testing

@testable import Plugins

@Suite struct WhoamiPluginTests {
    private func bench() throws -> PluginBench {
        try PluginBench(". {\nwhoami\n}\n", [WhoamiPlugin.definition])
    }

    @Test("an IPv4 asker gets its address and port in the additional section")
    func v4() throws {
        let reply = try #require(try bench().ask("example.org", client: "192.0.2.7", port: 5_353))
        #expect(reply.flags.isAuthoritative)
        #expect(reply.answers.isEmpty)
        #expect(
            reply.additionals.map(\.text) == [
                "example.org. 0 IN A 192.0.2.7", "_udp.example.org. 0 IN SRV 0 0 5353 .",
            ])
    }

    @Test("an IPv6 asker over TCP gets an AAAA and a _tcp record, in its own spelling")
    func v6() throws {
        let reply = try #require(
            try bench().ask("ExAmple.org", .AAAA, client: "2001:db8::1", port: 53, transport: .tcp))
        #expect(
            reply.additionals.map(\.text) == [
                "ExAmple.org. 0 IN AAAA 2001:db8::1", "_tcp.ExAmple.org. 0 IN SRV 0 0 53 .",
            ])
    }

    @Test("the root and the longest names are answered, the latter without a port")
    func limits() throws {
        let bench = try bench()
        #expect(try bench.ask(".")?.additionals.map(\.text) == [". 0 IN A 192.0.2.1", "_udp. 0 IN SRV 0 0 4242 ."])
        let long = Array(repeating: String(repeating: "a", count: 62), count: 4).joined(separator: ".")
        #expect(try bench.ask(long)?.additionals.map(\.type) == [.A])
    }

    @Test("whoami takes no arguments and no block")
    func configuration() throws {
        #expect(try mistake(in: "whoami", WhoamiPlugin.definition) == nil)
        #expect(
            try mistake(in: "whoami x", WhoamiPlugin.definition)
                == "Wrong argument count or unexpected line ending after 'x'")
    }
}
