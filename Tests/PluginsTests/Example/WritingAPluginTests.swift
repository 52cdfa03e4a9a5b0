import DNSWire
import Foundation
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("The example of docs/writing-a-plugin.md")
struct WritingAPluginTests {
    private static let here = URL(filePath: #filePath).deletingLastPathComponent()

    @Test("the page quotes the example as it is compiled here")
    func quoted() throws {
        let place = Self.here.appending(path: "../../../docs/writing-a-plugin.md")
        let page = try String(contentsOf: place, encoding: .utf8)
        let source = try String(contentsOf: Self.here.appending(path: "LeastTTLPlugin.swift"), encoding: .utf8)
        #expect(page.contains("```swift\n\(source)```\n"))
    }

    private func bench(_ directive: String) throws -> PluginBench {
        try PluginBench(
            ". {\n\(directive)\nerratic\n}\n",
            [
                LeastTTLPlugin.definition,
                ScriptedPlugin.definition { query in
                    query.beginReply()
                    query.appendAddress()
                    return .reply
                },
            ])
    }

    @Test(
        "records of a minute live as long as is said",
        arguments: [
            ("leastttl", 60), ("leastttl 300", 300), ("leastttl 300 {\nexcept TXT A\n}", 60),
            ("leastttl 300 {\nexcept TXT\n}", 300), ("leastttl 300 {\noff\n}", 60), ("", 60),
        ])
    func effect(_ directive: String, _ ttl: UInt32) throws {
        let bench = try bench(directive)
        #expect(try bench.ask("a.example")?.answers.map(\.ttl) == [ttl])
        let count = bench.metric("needletail_leastttl_raised_total{server=\"dns://:53\"}")
        #expect((count?.hasSuffix(" 1") == true) == (ttl == 300))
    }

    @Test(
        "mistakes are found by the reader",
        arguments: [
            ("leastttl x", #"strconv.Atoi: parsing "x": invalid syntax"#),
            ("leastttl 0", "SECONDS must be in range [1, 86400]: 0"),
            ("leastttl 1 2", "Wrong argument count or unexpected line ending after '2'"),
            ("leastttl {\noff now\n}", "Wrong argument count or unexpected line ending after 'now'"),
            ("leastttl {\nexcept\n}", "except needs a type"), ("leastttl {\nexcept X\n}", "unknown type 'X'"),
            ("leastttl {\non\n}", "unknown property 'on'"),
            ("leastttl\nleastttl", "this plugin can only be used once per Server Block"),
        ])
    func mistakes(_ text: String, _ message: String) throws {
        #expect(try mistake(in: text, LeastTTLPlugin.definition) == message)
    }
}
