import DNSWire
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("nsid")
struct NSIDPluginTests {
    private static let asking = EDNS(payloadSize: 1_232, options: [EDNSOption(.nsid, [])])

    private func reply(
        _ directive: String, edns: EDNS? = asking, _ verdict: (@Sendable (Query) -> Verdict)? = nil
    ) throws -> Message {
        let last = ScriptedPlugin.definition(
            verdict ?? { query in
                query.beginReply()
                return .reply
            })
        let bench = try PluginBench(". {\n\(directive)\nerratic\n}\n", [NSIDPlugin.definition, last])
        return try #require(try bench.ask("a.example", edns: edns))
    }

    @Test(
        "RFC 5001 §2.3: who asks for it is told the server's name for itself",
        arguments: [("nsid some id here", "some id here"), ("nsid one", "one"), ("nsid", HostName.current)])
    func tells(_ directive: String, _ expected: String) throws {
        let reply = try reply(directive)
        #expect(reply.edns?.options == [EDNSOption(.nsid, Array(expected.utf8))])
        // As recorded of CoreDNS.
        #expect(reply.edns?.dnssecOK == true && reply.edns?.payloadSize == 1_232)
    }

    @Test("RFC 5001 §2.1: who does not ask is not told")
    func silent() throws {
        #expect(try reply("nsid x", edns: EDNS(payloadSize: 1_232)).edns == EDNS(payloadSize: 1_232))
        #expect(try reply("nsid x", edns: nil).edns == nil)
        #expect(try reply("", edns: Self.asking).edns?.options == [])
    }

    @Test("an option that the reply has already, such as an upstream's, gives way; others stay")
    func replaces() throws {
        let reply = try reply("nsid x") { query in
            query.beginReply()
            query.addReplyOption(.nsid, [1, 2, 3])
            query.addReplyOption(.extendedError, [0, 15])
            query.addReplyOption(.nsid, [])
            return .reply
        }
        #expect(reply.edns?.options == [EDNSOption(.extendedError, [0, 15]), EDNSOption(.nsid, [0x78])])
    }

    @Test("a query that failed has it as well, so that the failing server is known")
    func failure() throws {
        let reply = try reply("nsid x") { _ in .fail(QueryFailure(.serverFailure, "why")) }
        #expect(reply.responseCode == .serverFailure && reply.edns?.options == [EDNSOption(.nsid, [0x78])])
    }

    @Test("it stands once in a block and takes no block of its own")
    func mistakes() throws {
        #expect(
            try mistake(in: "nsid a\nnsid b", NSIDPlugin.definition)
                == "this plugin can only be used once per Server Block")
        #expect(try mistake(in: "nsid {\n}", NSIDPlugin.definition) == "Unexpected token '{', expecting argument")
    }
}
