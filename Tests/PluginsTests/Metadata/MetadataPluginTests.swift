import Basics
import Corefile
import DNSServer
import DNSWire
import KubernetesClient
import Synchronization
import Testing

@testable import Plugins

@Suite("The metadata plugin")
struct MetadataPluginTests {
    /// A plugin with values under labels of its own; it counts how often it is asked.
    private final class Provider: MetadataProvider {
        let name: String
        let metadataLabels: [String]
        let count = Mutex(0)

        init(_ name: String, _ labels: [String]) {
            self.name = name
            metadataLabels = labels
        }

        func metadata(_ label: String, for query: Query) -> String? {
            count.withLock { $0 += 1 }
            return label.hasSuffix("/none") ? nil : "\(name) \(label) of \(query.ownedName.text)"
        }

        var definition: PluginDefinition {
            PluginDefinition(name) { _, _ in self }
        }
    }

    /// A block whose last plugin keeps the value of each of `labels`.
    private func values(
        _ directive: String, _ labels: [String], name: String = "www.example.org", providers: [Provider]
    ) throws -> [String?] {
        final class Seen: Sendable {
            let values = Mutex<[String?]>([])
        }
        let seen = Seen()
        let bench = try PluginBench(
            ". {\n\(directive)\n\(providers.map(\.name).joined(separator: "\n"))\nerratic\n}\n",
            [MetadataPlugin.definition] + providers.map(\.definition) + [
                ScriptedPlugin.definition { query in
                    query.note("erratic/noted", "a note")
                    seen.values.withLock { $0 = labels.map { query.metadata($0) } }
                    query.beginReply(.noError)
                    return .reply
                }
            ])
        _ = try bench.ask(name)
        return seen.values.withLock { $0 }
    }

    @Test(
        "alone in a block it fails queries, as in CoreDNS, where it is part of the chain; what only configures refuses them",
        arguments: [("metadata", ResponseCode.serverFailure), ("shed", .serverFailure), ("debug", .refused)])
    func alone(_ directive: String, _ code: ResponseCode) throws {
        let bench = try PluginBench(
            ". {\n\(directive)\n}\n", [MetadataPlugin.definition, ShedPlugin.definition, DebugPlugin.definition])
        #expect(try bench.ask("a.test.")?.responseCode == code)
    }

    @Test("a label's value comes from its provider, when it is asked for")
    func givesValues() throws {
        let (first, second) = (Provider("local", ["local/a", "local/b/"]), Provider("any", ["any/a", "local/b/c/"]))
        let values = try values(
            "metadata", ["local/a", "local/b/x", "local/b/c/d", "local/c", "any", "any/a/b"],
            providers: [first, second])
        #expect(
            values == [
                "local local/a of www.example.org.", "local local/b/x of www.example.org.",
                "any local/b/c/d of www.example.org.", nil, nil, nil,
            ])
        #expect(first.count.withLock { $0 } == 2 && second.count.withLock { $0 } == 1)
    }

    @Test("a provider may have no value; what a plugin notes has one")
    func noValue() throws {
        let provider = Provider("local", ["local/"])
        #expect(try values("metadata", ["local/none", "erratic/noted"], providers: [provider]) == [nil, "a note"])
    }

    @Test("outside of the zones, and without the plugin, there are no values")
    func zones() throws {
        let provider = Provider("local", ["local/"])
        #expect(try values("metadata example.net", ["local/a"], providers: [provider]) == [nil])
        #expect(try values("metadata example.net", ["erratic/noted"], providers: [provider]) == ["a note"])
        #expect(try values("", ["local/a", "erratic/noted"], providers: [provider]) == [nil, nil])
        #expect(provider.count.withLock { $0 } == 0)
    }

    @Test(
        "a log's format shows values, and a dash where there is none",
        arguments: [
            ("metadata", "[INFO] local local/a of example.org. - denial NXDOMAIN local\\009x\n"),
            ("metadata example.net", "[INFO] - - denial NXDOMAIN -\n"), ("", "[INFO] - - - - -\n"),
        ])
    func log(_ directive: String, _ expected: String) throws {
        final class Lines: Sendable {
            let all = Mutex<[String]>([])
        }
        let lines = Lines()
        let format = #"log . "{/local/a} {/local/none} {/log/class} {/log/type} {/tab/x}""#
        let configurations = try LogConfiguration.directive.readEach(
            directives("log", format), serverZones: ["."], initial: LogConfiguration())
        let provider = Provider("local", ["local/"])
        final class Tab: MetadataProvider {
            let name = "any"
            let metadataLabels = ["tab/x"]
            func metadata(_ label: String, for query: Query) -> String? { "local\tx" }
        }
        let bench = try PluginBench(
            ". {\n\(directive)\nlog\nlocal\nany\nerratic\n}\n",
            [
                MetadataPlugin.definition,
                PluginDefinition("log") { _, _ in
                    HandlerPlugin("log") { _ in
                        QueryLogHandler(configurations) { _, line in
                            lines.all.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
                        }
                    }
                },
                provider.definition, PluginDefinition("any") { _, _ in Tab() },
                ScriptedPlugin.definition { query in
                    query.beginReply(.nameError)
                    return .reply
                },
            ])
        _ = try bench.ask("example.org")
        #expect(lines.all.withLock { $0 } == [expected])
    }

    @Test("a template names values with .Meta; without one the text is empty")
    func template() throws {
        let provider = Provider("local", ["local/"])
        let template = #"""
            template IN TXT {
                answer "{{ .Name }} 5 IN TXT \"{{ .Meta \"local/a\" }}\" \"{{ if eq (.Meta \"x/y\") \"\" }}none{{ end }}\""
            }
            """#
        for (directive, text) in [("metadata", "local local/a of example.org."), ("", "")] {
            let bench = try PluginBench(
                ". {\n\(directive)\n\(template)\nlocal\n}\n",
                [MetadataPlugin.definition, TemplatePlugin.definition, provider.definition])
            let reply = try #require(try bench.ask("example.org", .TXT))
            #expect(reply.answers.first?.data.text == "\"\(text)\" \"none\"")
        }
    }

    @Test(
        "kubernetes says what a name means, and which pod asks",
        arguments: [
            (
                "_http._tcp.web.shop.svc.cluster.local", "10.0.0.1",
                ["svc", "shop", "web", "http", nil, "shop", "p", "w"]
            ),
            ("shop.pod.cluster.local", "10.0.0.2", ["pod", "shop", "", "", nil, nil, nil, nil]),
            (
                "a.b.cluster.local", "10.0.0.1",
                [nil, nil, nil, nil, "invalid query name", "shop", "p", "w"]
            ),
            ("example.org", "10.0.0.1", [nil, nil, nil, nil, nil, "shop", "p", "w"]),
        ])
    func kubernetes(_ name: String, _ client: String, _ expected: [String?]) throws {
        final class Seen: Sendable {
            let values = Mutex<[String?]>([])
        }
        let seen = Seen()
        let labels = [
            "kind", "namespace", "service", "port-name", "parse-error", "client-namespace", "client-pod-name",
            "client-label/app",
        ]
        let scripted = ScriptedPlugin.definition { query in
            seen.values.withLock { $0 = labels.map { query.metadata("kubernetes/\($0)") } }
            query.beginReply(.noError)
            return .reply
        }
        let bench = try PluginBench(
            """
            . {
                metadata
                kubernetes cluster.local {
                    endpoint http://127.0.0.1:1
                    pods verified
                    fallthrough
                }
                erratic
            }

            """, [MetadataPlugin.definition, KubernetesPlugin.definition, scripted])
        var model = ClusterModel(expecting: [], form: .init(keepsPodDetails: true))
        let pod = Pod(
            metadata: ObjectMetadata(name: "p", namespace: "shop"), podIP: IPAddress(ipv4: 0x0A00_0001),
            labels: ["app": "w"])
        model.apply(.added(pod))
        _ = model.commit(serial: 1)
        try bench.plugin(KubernetesPlugin.self).source.state.publisher.publish(model.snapshot)
        _ = try bench.ask(name, client: client)
        #expect(seen.values.withLock { $0 } == expected)
    }

    @Test(
        ".Meta wants one label",
        arguments: ["{{ .Meta }}", #"{{ .Meta "a/b" "c" }}"#, #"{{ print .Meta "a/b" }}"#, "{{ .Meta.x }}"])
    func templateMistakes(_ text: String) {
        #expect(throws: GoTemplateError.self) { try GoTemplate(text, fields: TemplateData.fields) }
    }

    @Test(
        "mistakes have CoreDNS's words",
        arguments: [
            ("metadata {\n}", "Unexpected token '{', expecting argument"),
            ("metadata\nmetadata", "this plugin can only be used once per Server Block"),
        ])
    func mistakes(_ text: String, _ message: String) throws {
        #expect(
            try mistake(in: text, MetadataPlugin.Configuration.directive, MetadataPlugin.Configuration()) == message)
    }
}
