import DNSWire
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("chaos")
struct ChaosPluginTests {
    private func texts(
        _ directive: String, _ name: String, _ type: RecordType = .TXT, _ recordClass: RecordClass = .CH
    ) throws -> [String]? {
        let bench = try PluginBench(
            ". {\n\(directive)\nwhoami\n}\n", [ChaosPlugin.definition, WhoamiPlugin.definition])
        let question = Question(try Name(parsing: name), type, recordClass: recordClass)
        let reply = try #require(try bench.send(Message(id: 7, asking: question)))
        guard reply.responseCode == .noError, reply.additionals.isEmpty else { return nil }
        #expect(!reply.flags.isAuthoritative)
        return reply.answers.map(\.text).sorted()
    }

    @Test(
        "version.bind and version.server say the version, which is the first argument", arguments: ["bind", "server"])
    func version(_ domain: String) throws {
        let name = "version.\(domain)."
        #expect(try texts("chaos Needle-1.0", name) == ["\(name) 0 CH TXT \"Needle-1.0\""])
        #expect(try texts("chaos", name) == ["\(name) 0 CH TXT \"Needletail-\(Version.number)\""])
        #expect(try texts("chaos A\nchaos B", name) == ["\(name) 0 CH TXT \"A\""])
    }

    @Test("authors.bind names each author once")
    func authors() throws {
        #expect(
            try texts("chaos V b@example.net a@example.net b@example.net", "authors.bind") == [
                #"authors.bind. 0 CH TXT "a@example.net""#, #"authors.bind. 0 CH TXT "b@example.net""#,
            ])
        #expect(try texts("chaos V", "authors.bind") == [#"authors.bind. 0 CH TXT "The Needletail authors""#])
    }

    @Test("hostname.bind and id.server name the machine", arguments: ["hostname.bind.", "id.server."])
    func host(_ name: String) throws {
        #expect(try texts("chaos", name) == ["\(name) 0 CH TXT \"\(HostName.current)\""])
    }

    @Test("other names of class CH, other types and other classes go on")
    func others() throws {
        #expect(try texts("chaos", "other.bind") == nil)
        #expect(try texts("chaos", "version.bind", .A) == nil)
        #expect(try texts("chaos", "version.bind", .TXT, .IN) == nil)
        #expect(try texts("chaos", "version.bind", .TXT, .HS) == nil)
    }

    @Test("a string of a TXT record has 255 octets at most (RFC 1035 §3.3)")
    func tooLong() throws {
        let long = String(repeating: "x", count: 256)
        for text in ["chaos \(long)", "chaos V \(long)"] {
            let message = try mistake(in: text, ChaosPlugin.definition)
            #expect(message?.hasPrefix("text is longer than 255 octets: x") == true)
        }
        #expect(try mistake(in: "chaos \(long.dropLast())", ChaosPlugin.definition) == nil)
        #expect(try mistake(in: "chaos {\n}", ChaosPlugin.definition) == "Unexpected token '{', expecting argument")
    }
}
