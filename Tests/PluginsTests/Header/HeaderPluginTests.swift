import Corefile
import DNSWire
import Synchronization
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("header")
struct HeaderPluginTests {
    private static let (aa, ra, rd) = (
        MessageHeader.Flags.authoritative, MessageHeader.Flags.recursionAvailable,
        MessageHeader.Flags.recursionDesired
    )

    /// A block whose last plugin sets these flags in its replies.
    private func bench(
        _ lines: String, plugins: [PluginDefinition] = [], flags: UInt16 = 0, code: ResponseCode = .noError,
        _ see: @escaping @Sendable (Query) -> Void = { _ in }
    ) throws -> PluginBench {
        let names = plugins.map(\.name).joined(separator: "\n")
        return try PluginBench(
            ". {\n\(names)\nheader {\n\(lines)\n}\nerratic\n}\n",
            plugins + [
                HeaderPlugin.definition,
                ScriptedPlugin.definition { query in
                    see(query)
                    guard code == .noError else { return .fail(QueryFailure(code)) }
                    query.beginReply()
                    query.reply.header.flags.rawValue |= flags
                    query.appendAddress()
                    return .reply
                },
            ])
    }

    /// AA, RA and RD of the reply.
    private func flags(of reply: Message?) throws -> UInt16 {
        try #require(reply).flags.rawValue & (Self.aa | Self.ra | Self.rd)
    }

    @Test(
        "replies have the flags that are wanted; of several lines for a flag the last one counts",
        arguments: [
            ("response set ra", 0, ra | rd), ("response clear aa", aa | ra, ra | rd),
            ("response set ra\nresponse clear aa", aa, ra | rd), ("response set ra aa\nresponse clear rd", 0, aa | ra),
            ("response set aa\nresponse clear aa", aa, rd), ("response clear aa\nresponse set aa", 0, aa | rd),
            ("RESPONSE Set RA", 0, ra | rd), ("set ra", 0, ra | rd), ("clear aa rd", aa, 0),
            ("query set rd", aa, aa | rd),
        ])
    func response(_ lines: String, given: UInt16, expected: UInt16) throws {
        #expect(try flags(of: bench(lines, flags: given).ask("a.example")) == expected)
    }

    // What CoreDNS 1.14.7 gave with these lines.
    @Test("recorded: an answer of hosts has QR, RD and RA")
    func recorded() throws {
        let bench = try PluginBench(
            """
            . {
                header {
                    response set ra
                    response clear aa
                }
                hosts {
                    192.0.2.1 v4.example.org
                }
            }

            """, [HeaderPlugin.definition, HostsPlugin.definition])
        #expect(try bench.ask("v4.example.org")?.flags.rawValue == 0x8180)
    }

    @Test(
        "a change of the query is seen behind, in the message that upstreams get, and in the RD of the reply",
        arguments: [
            ("query set rd", false, rd, rd), ("query clear rd", true, 0, 0), ("query set aa ra", false, aa | ra, 0),
            ("response set rd", false, 0, rd),
        ])
    func query(_ line: String, sendsRD: Bool, seen: UInt16, replied: UInt16) throws {
        final class Seen: Sendable {
            let flags = Mutex<[UInt16]>([])
        }
        let noted = Seen()
        let bench = try bench(line) { query in
            let message = query.message.uint16(at: 2)
            noted.flags.withLock { $0 += [query.header.flags.rawValue, message] }
        }
        var message = Message(id: 7, asking: Question(try Name(parsing: "a.example"), .A))
        message.flags.recursionDesired = sendsRD
        #expect(try flags(of: bench.send(message)) == replied)
        #expect(noted.flags.withLock { $0 } == [seen, seen])
    }

    @Test("plugins before it see the changed reply; the change of the query is not undone for them")
    func before() throws {
        final class Seen: Sendable {
            let flags = Mutex<[UInt16]>([])
        }
        final class Before: ReplyHandler {
            let seen: Seen
            init(_ seen: Seen) { self.seen = seen }
            func handle(_ query: Query) -> Verdict { .next }
            func finish(_ query: Query) -> ReplyVerdict {
                let reply = query.reply.header.flags.rawValue
                seen.flags.withLock { $0 += [query.header.flags.rawValue, reply] }
                return .done
            }
        }
        let seen = Seen()
        let before = PluginDefinition("log") { _, _ in HandlerPlugin("log") { _ in Before(seen) } }
        let bench = try bench("query clear rd\nresponse set ra", plugins: [before])
        #expect(try flags(of: bench.ask("a.example")) == Self.ra)
        #expect(seen.flags.withLock { $0 } == [0, 0x8080])
    }

    @Test("the bare reply to a query that failed is left alone, but for the RD of the query")
    func failure() throws {
        let bench = try bench("response set ra aa\nquery clear rd", code: .serverFailure)
        let reply = try bench.ask("a.example")
        #expect(reply?.responseCode == .serverFailure)
        #expect(try flags(of: reply) == 0)
    }

    @Test("what the cache keeps has the changed flags, and an answer from there AA")
    func cache() throws {
        let bench = try bench("response set ra\nresponse clear aa", plugins: [CachePlugin.definition], flags: Self.aa)
        #expect(try flags(of: bench.ask("a.example")) == Self.ra | Self.rd)
        #expect(try flags(of: bench.ask("a.example")) == Self.aa | Self.ra | Self.rd)
    }

    @Test(
        "mistakes have CoreDNS's words",
        arguments: [
            ("foo", "setting up rule: invalid selector=foo should be query or response", 3, 1),
            ("response", "setting up rule: no flag action provided", 3, 1),
            ("response set", "setting up rule: invalid length for flags, at least one should be provided", 3, 10),
            ("query foo", "setting up rule: invalid length for flags, at least one should be provided", 3, 7),
            ("query foo rd", "setting up rule: unknown flag action=foo, should be set or clear", 3, 7),
            ("query set aa TC", "setting up rule: unknown/unsupported flag=tc", 3, 14),
            ("set", "setting up rule: invalid length for flags, at least one should be provided", 3, 1),
            ("", "Wrong argument count or unexpected line ending after 'header'", 2, 1),
        ])
    func mistakes(_ lines: String, _ message: String, line: Int, column: Int) throws {
        do {
            _ = try PluginBench(". {\nheader {\n\(lines)\n}\n}\n", [HeaderPlugin.definition])
            Issue.record("no mistake")
        } catch let error as ConfigurationError {
            #expect(error.message == message)
            #expect(error.line == line && error.column == column && error.plugin == "header" && error.hint != nil)
        }
    }

    @Test("it takes no arguments, and needs a block; of several the first that changes anything counts")
    func uses() throws {
        #expect(throws: ConfigurationError.self) {
            try PluginBench(". {\nheader x {\nset aa\n}\n}\n", [HeaderPlugin.definition])
        }
        #expect(throws: ConfigurationError.self) { try PluginBench(". {\nheader\n}\n", [HeaderPlugin.definition]) }
        let bench = try PluginBench(
            ". {\nheader\nheader {\nset ra\n}\nheader {\nset aa\n}\nwhoami\n}\n",
            [HeaderPlugin.definition, WhoamiPlugin.definition])
        #expect(try bench.ask("a.example")?.flags.rawValue == 0x8580)
    }
}
