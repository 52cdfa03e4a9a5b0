import Corefile
import DNSWire
import Synchronization
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("bufsize")
struct BufsizePluginTests {
    private func bench(
        _ directive: String, _ see: @escaping @Sendable (Query) -> Void = { _ in }
    ) throws -> PluginBench {
        try PluginBench(
            ". {\n\(directive)\nerratic\n}\n",
            [
                BufsizePlugin.definition,
                ScriptedPlugin.definition { query in
                    see(query)
                    query.beginReply()
                    for _ in 0..<200 { query.appendAddress() }
                    return .reply
                },
            ])
    }

    /// Octets of the whole reply, as it goes over the network.
    private static func size(_ reply: Message) -> Int {
        // Owners are pointers: sixteen octets a record.
        12 + reply.questions[0].name.wire.count + 4 + 16 * reply.answers.count + (reply.edns == nil ? 0 : 11)
    }

    @Test(
        "the reply is made for the smaller size, and its OPT record repeats it",
        arguments: [
            ("bufsize", 4_096, 1_232), ("bufsize 1000", 4_096, 1_000), ("bufsize 1000", 1_232, 1_000),
            ("bufsize 512", 4_096, 512), ("bufsize 4096", 1_232, 1_232), ("bufsize 4096", 65_535, 4_096),
            ("bufsize 1000\nbufsize 600", 4_096, 1_000), ("", 2_000, 2_000),
        ])
    func reply(_ directive: String, offered: UInt16, expected: UInt16) throws {
        let reply = try #require(try bench(directive).ask("big.example", edns: EDNS(payloadSize: offered)))
        #expect(reply.edns?.payloadSize == expected)
        let size = Self.size(reply)
        #expect(size <= Int(expected))
        if expected < 3_000 { #expect(reply.flags.isTruncated && size > Int(expected) - 16) }
    }

    @Test(
        "without it a reply has at most 4,096 octets over UDP whatever is offered; a larger SIZE allows more",
        arguments: [("", 65_535, 4_096), ("bufsize 9000", 65_535, 9_000), ("bufsize 9000", 5_000, 5_000)])
    func largest(_ directive: String, offered: UInt16, limit: Int) throws {
        let bench = try PluginBench(
            ". {\n\(directive)\nerratic\n}\n",
            [
                BufsizePlugin.definition,
                ScriptedPlugin.definition { query in
                    query.beginReply()
                    for _ in 0..<4_000 { query.appendAddress() }
                    return .reply
                },
            ])
        let reply = try #require(try bench.ask("big.example", edns: EDNS(payloadSize: offered)))
        #expect(reply.flags.isTruncated && (limit - 15...limit).contains(Self.size(reply)))
        #expect(reply.edns?.payloadSize == (directive.isEmpty ? offered : min(offered, 9_000)))
    }

    // What CoreDNS 1.14.7 gave with bufsize 1000.
    @Test("recorded: an asker with 1232 and a small reply gets an OPT record with 1000")
    func recorded() throws {
        let bench = try PluginBench(
            """
            . {
                bufsize 1000
                hosts {
                    192.0.2.1 v4.example.org
                }
            }

            """, [BufsizePlugin.definition, HostsPlugin.definition])
        let reply = try #require(try bench.ask("v4.example.org", edns: EDNS(payloadSize: 1_232)))
        #expect(reply.answers.map(\.text) == ["v4.example.org. 3600 IN A 192.0.2.1"])
        #expect(reply.edns == EDNS(payloadSize: 1_000) && !reply.flags.isTruncated)
    }

    @Test("plugins behind see the smaller size, in the message as well, which is what upstreams get")
    func behind() throws {
        final class Seen: Sendable {
            let sizes = Mutex<[UInt16?]>([])
        }
        let seen = Seen()
        let bench = try bench("bufsize 800") { query in
            let message = try? Message(decoding: query.message)
            seen.sizes.withLock { $0 += [query.edns?.payloadSize, message?.edns?.payloadSize] }
        }
        _ = try bench.ask("big.example", edns: EDNS(payloadSize: 1_400))
        #expect(seen.sizes.withLock { $0 } == [800, 800])
    }

    @Test("a query without an OPT record gets none, and its limit stays 512 octets")
    func noEDNS() throws {
        let reply = try #require(try bench("bufsize 4096").ask("big.example"))
        #expect(reply.edns == nil && reply.flags.isTruncated && Self.size(reply) <= 512)
    }

    @Test("over TCP nothing is cut, and the OPT record has the smaller size")
    func stream() throws {
        let reply = try bench("bufsize").ask("big.example", edns: EDNS(payloadSize: 4_096), transport: .tcp)
        #expect(reply?.answers.count == 200 && reply?.edns?.payloadSize == 1_232)
    }

    @Test(
        "mistakes have CoreDNS's words, a place and a hint",
        arguments: [
            ("bufsize 511", "511"), ("bufsize 65508", "65508"), ("bufsize abc123", "abc123"), ("bufsize -1", "-1"),
            ("bufsize 512 512", "512"),
        ])
    func mistakes(_ text: String, _ word: String) throws {
        do {
            _ = try bench(text)
            Issue.record("no mistake")
        } catch let error as ConfigurationError {
            #expect(error.message == "Wrong argument count or unexpected line ending after '\(word)'")
            #expect(error.line == 2 && error.column > 8 && error.plugin == "bufsize" && error.hint != nil)
        }
    }
}
