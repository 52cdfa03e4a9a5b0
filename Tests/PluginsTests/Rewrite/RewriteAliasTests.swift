import Corefile
import DNSWire
import Testing

@testable import DNSServer
@testable import Plugins

/// Aliases that are led elsewhere.
@Suite("rewrite: aliases")
struct RewriteAliasTests {
    /// A block in which www.test is an alias for old.test, and old.test and new.test have an address each.
    private func bench(_ rules: String, newCode: ResponseCode = .noError) throws -> PluginBench {
        try PluginBench(
            ". {\n\(rules)\nerratic\n}\n",
            [
                RewritePlugin.definition,
                ScriptedPlugin.definition { query in
                    let name = query.ownedName
                    let isNew = name.text == "new.test."
                    query.beginReply(isNew ? newCode : .noError)
                    let old = Name(uncheckedWire: [3] + Array("old".utf8) + [4] + Array("test".utf8) + [0])
                    if name.text == "www.test." { Record(name, .CNAME, ttl: 90, .cname(old)).encode(into: query.reply) }
                    let address = Record(isNew ? name : old, .A, ttl: 60, .a(IPAddress(v4: isNew ? 2 : 1)))
                    if !isNew || newCode == .noError { address.encode(into: query.reply) }
                    query.reply.section = .authority
                    Record(name, .NS, ttl: 60, .ns(name)).encode(into: query.reply)
                    return .reply
                },
            ])
    }

    private static let old = ["www.test. 90 IN CNAME old.test.", "old.test. 60 IN A 0.0.0.1"]
    private static let new = ["www.test. 90 IN CNAME new.test.", "new.test. 60 IN A 0.0.0.2"]

    @Test(
        "the alias leads to the new target, whose address the server looks up",
        arguments: [
            ("cname old.test new.test", new), ("cname exact OLD.test. NEW.test.", new), ("cname prefix old. new.", new),
            ("cname suffix ld.test. ew.test.", ["www.test. 90 IN CNAME oew.test.", "old.test. 60 IN A 0.0.0.1"]),
            ("cname substring old new", new), ("cname regex ^o(l)d[.]test[.]$ new.test.", new),
            ("cname other.test new.test", old), ("cname regex ^old[.]test[.]$ ..bad", old),
            ("type AAAA A\nrewrite cname old.test new.test", new), ("cname old.test old.test", old),
        ] as [(String, [String])])
    func target(_ rule: String, expected: [String]) async throws {
        let reply = try await bench("rewrite \(rule)").askOnWorker("www.test")
        #expect(reply?.answers.map(\.text) == expected)
        #expect(reply?.questions.map(\.text) == ["www.test. IN A"])
    }

    @Test("the code and the authority are those of the new target (RFC 6604 §3)")
    func code() async throws {
        let reply = try #require(
            try await bench("rewrite cname old.test new.test", newCode: .nameError).askOnWorker("www.test"))
        #expect(reply.responseCode == .nameError && reply.answers.map(\.text) == [Self.new[0]])
        #expect(reply.authorities.map(\.text) == ["new.test. 60 IN NS new.test."])
    }

    @Test("rules that follow one another are tried on what stands in the reply, and a circle ends")
    func circle() async throws {
        let rules = "rewrite continue cname old.test new.test\nrewrite continue cname new.test old.test"
        let reply = try await bench(rules).askOnWorker("www.test")
        #expect(reply?.answers.map(\.text) == Self.new)
    }
}
