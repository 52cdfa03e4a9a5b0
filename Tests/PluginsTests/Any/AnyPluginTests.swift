import DNSWire
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("any")
struct AnyPluginTests {
    private func bench() throws -> PluginBench {
        try PluginBench(". {\nany\nwhoami\n}\n", [AnyPlugin.definition, WhoamiPlugin.definition])
    }

    @Test("RFC 8482 §4.2: a question for all types gets one HINFO record, and is not authoritative")
    func answer() throws {
        let reply = try #require(try bench().ask("WWW.example.org", .ANY))
        #expect(reply.answers.map(\.text) == [#"WWW.example.org. 8482 IN HINFO "ANY obsoleted" "See RFC 8482""#])
        #expect(reply.responseCode == .noError && !reply.flags.isAuthoritative)
        #expect(reply.authorities.isEmpty && reply.additionals.isEmpty)
    }

    @Test("questions for one type go on", arguments: [RecordType.A, .HINFO, .TXT])
    func others(_ type: RecordType) throws {
        let reply = try #require(try bench().ask("www.example.org", type))
        #expect(reply.answers.isEmpty && reply.additionals.count == 2)
    }

    @Test("it takes neither arguments nor a block")
    func mistakes() throws {
        #expect(
            try mistake(in: "any x", AnyPlugin.definition)
                == "Wrong argument count or unexpected line ending after 'x'")
        #expect(try mistake(in: "any {\n}", AnyPlugin.definition) == "Unexpected token '{', expecting argument")
        #expect(try mistake(in: "any\nany", AnyPlugin.definition) == nil)
    }
}
