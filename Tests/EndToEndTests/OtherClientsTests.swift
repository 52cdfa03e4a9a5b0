import DNSWire
import TestSupport
import Testing

extension EndToEnd {
    /// The programs that people ask with.
    @Suite("Other clients")
    struct OtherClientsTests {
        /// A program, and how it is told the server, the port and the name; `+tcp` and the like come behind.
        struct Client: Sendable, CustomTestStringConvertible {
            var name: String
            var overTCP: String
            var withEDNS: String
            /// Leaves RD out: dig warns when it is set and RA is not.
            var withoutRecursion: String
            var testDescription: String { name }
        }

        static let clients = [
            Client(name: "dig", overTCP: "+tcp", withEDNS: "+bufsize=4096", withoutRecursion: "+norec"),
            Client(name: "kdig", overTCP: "+tcp", withEDNS: "+bufsize=4096", withoutRecursion: "+norec"),
            Client(name: "drill", overTCP: "-t", withEDNS: "-b4096", withoutRecursion: "-ord"),
        ]
        static let installed = clients.filter { Command.path(of: $0.name) != nil }

        @Test("dig, kdig or drill is installed", .disabled(if: !installed.isEmpty, "there is a client to test with"))
        func tellsThatNoneIsInstalled() throws {
            try Test.cancel("none of dig, kdig and drill is installed, so they are not tried")
        }

        @Test("the client understands our replies over UDP, over TCP and with EDNS", arguments: installed)
        func isUnderstood(client: Client) async throws {
            let path = try #require(Command.path(of: client.name))
            let denial = "template ANY ANY nope.example.org {\n    rcode NXDOMAIN\n}"
            try await RunningServer.run(RunningServer.hosts + "\n" + denial) { server in
                let base = ["@127.0.0.1", "-p", "\(server.port)", client.withoutRecursion]
                for extra in [[], [client.overTCP], [client.withEDNS]] {
                    let present = try await Command.output(of: path, base + extra + ["two.example.org", "AAAA"])
                    #expect(Self.hasStatus("NOERROR", present), "\(present)")
                    #expect(present.contains("2001:db8::2"), "\(present)")
                    #expect(!present.lowercased().contains("warn"), "\(present)")
                    let absent = try await Command.output(of: path, base + extra + ["nope.example.org", "A"])
                    #expect(Self.hasStatus("NXDOMAIN", absent), "\(absent)")
                }
            }
        }

        /// dig says `status: NOERROR`, kdig the same, drill `rcode: NOERROR`.
        private static func hasStatus(_ status: String, _ text: String) -> Bool {
            text.contains("status: \(status)") || text.contains("rcode: \(status)")
        }
    }
}
