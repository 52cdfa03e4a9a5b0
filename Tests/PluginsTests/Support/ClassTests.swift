import Corefile
import DNSWire
import Testing

@testable import DNSServer
@testable import Plugins

/// The class is a plugin's own matter: what has data of class IN answers no question of class CH, although the block lets it in for
/// the sake of another plugin (RFC 1034 §3.7.1, RFC 1035 §3.2.4).
@Suite("Questions of other classes")
struct ClassTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var directives: String
        var name: String
        var type = RecordType.A
        var client = "192.0.2.1"
    }

    private static let definitions = [
        AutopathPlugin.definition, TemplatePlugin.definition, HostsPlugin.definition, K8sExternalPlugin.definition,
        KubernetesPlugin.definition,
    ]
    private static let cluster = "kubernetes cluster.local {\nendpoint http://127.0.0.1:1\npods verified\n}"

    static let rows = [
        Row(testDescription: "hosts", directives: "hosts {\n192.0.2.5 a.test\n}", name: "a.test"),
        Row(
            testDescription: "hosts, an address's name", directives: "hosts {\n192.0.2.5 a.test\n}",
            name: "5.2.0.192.in-addr.arpa", type: .PTR),
        Row(testDescription: "hosts, an unknown name", directives: "hosts {\n192.0.2.5 a.test\n}", name: "b.test"),
        Row(
            testDescription: "template of class IN",
            directives: "template IN A {\nanswer \"{{ .Name }} IN A 192.0.2.5\"\n}",
            name: "a.test"),
        Row(
            testDescription: "k8s_external", directives: "k8s_external example.com\n\(cluster)",
            name: "svc1.testns.example.com"),
        Row(
            testDescription: "k8s_external, its zone", directives: "k8s_external example.com\n\(cluster)",
            name: "example.com"),
    ]

    private func bench(
        _ directives: String,
        _ next: @escaping @Sendable (Query) -> Verdict = { query in
            query.beginReply(.notImplemented)
            return .reply
        }
    ) throws -> PluginBench {
        let last = ScriptedPlugin.definition(acceptsAllClasses: true, next)
        let bench = try PluginBench(". {\n\(directives)\nerratic\n}\n", Self.definitions + [last])
        if bench.pluginNames.contains("kubernetes") {
            var fixture = K8sExternalPluginTests.cluster
            fixture.pod("asker", in: "testns", "10.240.0.1")
            try bench.plugin(KubernetesPlugin.self).source.state.publisher.publish(fixture.snapshot)
        }
        return bench
    }

    private func ask(_ bench: PluginBench, _ row: Row, _ recordClass: RecordClass) throws -> Message {
        let question = Question(try Name(parsing: row.name), row.type, recordClass: recordClass)
        return try #require(try bench.send(Message(id: 7, asking: question), client: row.client))
    }

    @Test("a plugin with data of class IN passes others on, and answers IN and any", arguments: rows)
    func passesOn(_ row: Row) throws {
        let bench = try bench(row.directives)
        for recordClass in [RecordClass.CH, .HS] {
            let reply = try ask(bench, row, recordClass)
            #expect(reply.responseCode == .notImplemented && reply.answers.isEmpty, "\(recordClass)")
        }
        for recordClass in [RecordClass.IN, .ANY] {
            let reply = try ask(bench, row, recordClass)
            #expect(reply.responseCode != .notImplemented, "\(recordClass)")
            #expect(reply.answers.allSatisfy { $0.recordClass == .IN })
        }
    }

    @Test("autopath searches for names of class IN alone")
    func search() throws {
        let row = Row(
            testDescription: "", directives: "autopath @kubernetes\n\(Self.cluster)",
            name: "a.testns.svc.cluster.local",
            client: "10.240.0.1")
        let bench = try bench(row.directives) { query in
            query.beginReply(query.nameLength < 10 ? .noError : .nameError)
            return .reply
        }
        #expect(try ask(bench, row, .IN).responseCode == .noError)
        #expect(try ask(bench, row, .CH).responseCode == .nameError)
    }

    @Test("whoami has addresses of class IN, whatever is asked; those of CH have another form (RFC 1035 §3.4.1)")
    func whoami() throws {
        let first = ScriptedPlugin.definition(acceptsAllClasses: true) { _ in .next }
        let bench = try PluginBench(". {\nerratic\nwhoami\n}\n", [first, WhoamiPlugin.definition])
        let row = Row(testDescription: "", directives: "", name: "a.test")
        for recordClass in [RecordClass.IN, .ANY] {
            #expect(try ask(bench, row, recordClass).additionals.map(\.recordClass) == [.IN, .IN])
        }
        let reply = try ask(bench, row, .CH)
        #expect(reply.responseCode == .refused && reply.additionals.isEmpty)
    }

    @Test("a template for another class lets questions of that class in by itself")
    func templates() throws {
        let text = #"template CH TXT bind {\nanswer "{{ .Name }} 0 CH TXT needle"\n}\ntemplate IN A\n"#
        let bench = try PluginBench(
            ". {\n\(text.replacing("\\n", with: "\n"))}\n", [TemplatePlugin.definition])
        let row = Row(testDescription: "", directives: "", name: "version.bind", type: .TXT)
        #expect(try ask(bench, row, .CH).answers.map(\.text) == [#"version.bind. 0 CH TXT "needle""#])
        for (name, recordClass) in [("version.bind", RecordClass.HS), ("other.test", .CH)] {
            #expect(
                try ask(bench, Row(testDescription: "", directives: "", name: name), recordClass).responseCode
                    == .refused)
        }
        let plain = try PluginBench(". {\ntemplate IN A\n}\n", [TemplatePlugin.definition])
        #expect(try ask(plain, row, .CH).responseCode == .refused)
    }
}
