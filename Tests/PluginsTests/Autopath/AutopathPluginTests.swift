import Corefile
import DNSWire
import KubernetesClient
import Logging
import Synchronization
import Telemetry
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("The autopath plugin")
struct AutopathPluginTests {
    /// What the plugins behind say: the names that exist outside of the cluster, and those that fail.
    private final class Upstream: Sendable {
        let asked = Mutex<[String]>([])
        var names: [String] { asked.withLock { $0 } }

        func answer(_ query: Query) -> Verdict {
            let name = query.ownedName.text
            asked.withLock { $0.append("\(name) \(query.type)") }
            switch name {
            case "www.example.org.", "alone.", "ext.interwebs.test.":
                query.beginReply(.noError)
                query.reply.header.flags.recursionAvailable = true
                if query.type == .A {
                    query.appendAddress()
                }
            case "broken.example.org.": return .fail(QueryFailure(.serverFailure, "it is broken"))
            case "silent.example.org.": return .drop
            default: query.beginReply(.nameError)
            }
            return .reply
        }
    }

    private static let cluster: ClusterFixture = {
        var fixture = ClusterFixture.unit
        fixture.pod("shared-1", in: "testns", "10.240.0.7")
        fixture.pod("shared-2", in: "podns", "10.240.0.7")
        fixture.pod("six", in: "podns", "fd00::6")
        return fixture
    }()

    private func bench(
        _ line: String = "@kubernetes", pods: String = "verified", plugins: [PluginDefinition] = [],
        _ next: @escaping @Sendable (Query) -> Verdict
    ) throws -> PluginBench {
        let others = plugins.map { "\($0.name)\n" }.joined()
        let definitions =
            plugins + [AutopathPlugin.definition, CachePlugin.definition, KubernetesPlugin.definition]
            + [ScriptedPlugin.definition(next)]
        let bench = try PluginBench(
            """
            . {
                \(others)
                autopath \(line)
                cache
                kubernetes cluster.local {
                    endpoint http://127.0.0.1:1
                    pods \(pods)
                }
                erratic
            }

            """, definitions)
        try bench.plugin(KubernetesPlugin.self).source.state.publisher.publish(Self.cluster.snapshot)
        return bench
    }

    private static let pod = "10.240.0.1"

    @Test("the first name of the path that exists is answered, behind an alias from the name asked for")
    func finds() throws {
        let upstream = Upstream()
        let bench = try bench { upstream.answer($0) }
        let reply = try #require(try bench.ask("WWW.example.org.podns.svc.cluster.local", client: Self.pod))
        #expect(reply.responseCode == .noError && !reply.flags.isAuthoritative && reply.flags.recursionAvailable)
        #expect(reply.questions.first?.name.text == "WWW.example.org.podns.svc.cluster.local.")
        #expect(
            reply.answers.map(\.text) == [
                "WWW.example.org.podns.svc.cluster.local. 60 IN CNAME WWW.example.org.",
                "WWW.example.org. 60 IN A 192.0.2.9",
            ])
        #expect(upstream.names.last == "www.example.org. A")
        #expect(bench.metric(#"coredns_autopath_success_total{server="dns://:53"}"#)?.hasSuffix(" 1") == true)
    }

    @Test("names of other namespaces are found in the cluster; without data there is no alias")
    func findsInCluster() throws {
        let upstream = Upstream()
        let bench = try bench { upstream.answer($0) }
        let found = try #require(try bench.ask("svc1.testns.podns.svc.cluster.local", client: Self.pod))
        #expect(found.flags.isAuthoritative)
        #expect(
            found.answers.map(\.text) == [
                "svc1.testns.podns.svc.cluster.local. 5 IN CNAME svc1.testns.svc.cluster.local.",
                "svc1.testns.svc.cluster.local. 5 IN A 10.0.0.1",
            ])
        let withService = try #require(try bench.ask("svc1.testns.svc.podns.svc.cluster.local", client: Self.pod))
        #expect(withService.answers.last?.owner.text == "svc1.testns.svc.cluster.local.")
        let empty = try #require(try bench.ask("svc1.testns.podns.svc.cluster.local", .AAAA, client: Self.pod))
        #expect(empty.responseCode == .noError && empty.answers.isEmpty && empty.authorities.map(\.type) == [.SOA])
        #expect(upstream.names.isEmpty)
    }

    @Test("when no name exists, the first reply goes back, and it is no success")
    func givesUp() throws {
        let upstream = Upstream()
        let bench = try bench { upstream.answer($0) }
        let reply = try #require(try bench.ask("nothing.example.org.podns.svc.cluster.local", client: Self.pod))
        #expect(reply.responseCode == .nameError && reply.answers.isEmpty)
        #expect(reply.authorities.first?.owner.text == "cluster.local.")
        #expect(bench.metric(#"coredns_autopath_success_total{server="dns://:53"}"#)?.hasSuffix(" 0") != false)
    }

    @Test(
        "only names in the search path of a pod with the asker's address are searched for",
        arguments: [
            ("www.example.org.podns.svc.cluster.local", "10.240.0.2", false),
            ("www.example.org.testns.svc.cluster.local", "10.240.0.1", false),
            ("www.example.org.podns.svc.cluster.local", "10.240.0.7", true),
            ("www.example.org.testns.svc.cluster.local", "10.240.0.7", true),
            ("www.example.org.podns.svc.cluster.local", "fd00::6", true),
            ("www.example.org.podns.svc.cluster.local", "::ffff:10.240.0.1", true),
            ("www.example.org.svc.cluster.local", "10.240.0.1", false),
            ("www.example.org.podns.pod.cluster.local", "10.240.0.1", false),
            ("podns.svc.cluster.local", "10.240.0.1", false),
            ("www.example.org.podns.svc.example.net", "10.240.0.1", false),
        ])
    func isForPods(_ name: String, _ client: String, _ isSearched: Bool) throws {
        let upstream = Upstream()
        let bench = try bench { upstream.answer($0) }
        let reply = try #require(try bench.ask(name, client: client))
        #expect(reply.answers.isEmpty != isSearched)
    }

    @Test("without `pods verified` nothing is searched")
    func needsPods() throws {
        let upstream = Upstream()
        let bench = try bench(pods: "insecure") { upstream.answer($0) }
        #expect(!bench.configuration.blocks[0].makeChain(for: bench.worker).names.contains("autopath"))
        let reply = try #require(try bench.ask("www.example.org.podns.svc.cluster.local", client: Self.pod))
        #expect(reply.responseCode == .nameError)
    }

    @Test("a failure with a reason ends the search, silence too")
    func failures() throws {
        let upstream = Upstream()
        let bench = try bench { upstream.answer($0) }
        let reply = try #require(try bench.ask("broken.example.org.podns.svc.cluster.local", client: Self.pod))
        #expect(reply.responseCode == .serverFailure && reply.authorities.isEmpty)
        #expect(try bench.ask("silent.example.org.podns.svc.cluster.local", client: Self.pod) == nil)
    }

    @Test("each name is kept in the cache by itself, and plugins in front see one query")
    func cachesEachName() throws {
        final class Count: Sendable {
            let value = Mutex(0)
        }
        let (upstream, count) = (Upstream(), Count())
        let counting = PluginDefinition("log") { _, _ in
            HandlerPlugin("log") { _ in
                ScriptedHandler { _ in
                    count.value.withLock { $0 += 1 }
                    return .next
                }
            }
        }
        let bench = try bench(plugins: [counting]) { upstream.answer($0) }
        let first = try #require(try bench.ask("www.example.org.podns.svc.cluster.local", client: Self.pod))
        let again = try #require(try bench.ask("www.example.org.podns.svc.cluster.local", client: Self.pod))
        #expect(first.answers == again.answers)
        #expect(count.value.withLock { $0 } == 2)
        #expect(upstream.names == ["www.example.org. A"])
        let other = try #require(try bench.ask("www.example.org.podns.svc.cluster.local", client: "10.240.0.2"))
        #expect(other.responseCode == .nameError && other.answers.isEmpty)
        #expect(try bench.ask("www.example.org")?.answers.map(\.text) == ["www.example.org. 60 IN A 192.0.2.9"])
        #expect(upstream.names == ["www.example.org. A"])
    }

    @Test("plugins that wait are waited for, one name after the other")
    func waits() async throws {
        let upstream = Upstream()
        let bench = try bench { query in
            .wait { query in
                await Task.yield()
                return upstream.answer(query)
            }
        }
        let reply = try #require(
            try await bench.askOnWorker("www.example.org.podns.svc.cluster.local", client: Self.pod))
        #expect(reply.answers.map(\.type) == [.CNAME, .A])
    }

    @Test("what is found may itself be an alias, whose target is asked of the whole server and not searched for")
    func findsAlias() async throws {
        let upstream = Upstream()
        let bench = try bench { upstream.answer($0) }
        let reply = try #require(
            try await bench.askOnWorker("external.testns.podns.svc.cluster.local", client: Self.pod))
        #expect(
            reply.answers.map(\.text) == [
                "external.testns.podns.svc.cluster.local. 5 IN CNAME external.testns.svc.cluster.local.",
                "external.testns.svc.cluster.local. 5 IN CNAME ext.interwebs.test.",
                "ext.interwebs.test. 5 IN A 192.0.2.9",
            ])
        #expect(upstream.names == ["ext.interwebs.test. A"])
    }

    @Test("the search domains of a file are for all askers")
    func file() throws {
        let upstream = Upstream()
        let list = try TemporaryFile("search first.test second.test\n")
        let bench = try bench("first.test \(list.path)") { upstream.answer($0) }
        let reply = try #require(try bench.ask("alone.first.test"))
        #expect(upstream.names == ["alone.first.test. A", "alone.second.test. A", "alone. A"])
        #expect(reply.answers.map(\.text) == ["alone.first.test. 60 IN CNAME alone.", "alone. 60 IN A 192.0.2.9"])
        #expect(try bench.ask("alone.second.test")?.responseCode == .nameError)
        #expect(try bench.ask("first.test")?.responseCode == .nameError)
    }

    @Test("a name that becomes too long with a domain is passed over")
    func longNames() throws {
        let label = String(repeating: "x", count: 60)
        let long = try Name(parsing: Array(repeating: label, count: 4).joined(separator: "."))
        let short = try Name(parsing: "z")
        let base = try Name(parsing: "y.\(label)")
        let path = SearchPath(base.wire.span, base: base.wire.count - 1, domains: [long, short])
        #expect(path.map { Array($0.candidates).map(\.text) } == ["y.\(label).z.", "y.\(label)."])
        let empty = SearchPath(base.wire.span, base: 0, domains: [])
        #expect(empty == nil)
    }

    @Test(
        "the last search or domain line of a file counts",
        arguments: [
            ("search a.test b.test\n", ["a.test.", "b.test."]),
            ("domain a.test\nsearch b.test c\n", ["b.test.", "c."]),
            ("search a.test\ndomain B.test x\n", ["b.test."]), ("#search a\n; search b\nnameserver 1.2.3.4\n", []),
            ("search\n", []), ("search a..b \u{0} .\r\n", ["\\000.", "."]), ("", []),
        ])
    func lists(_ text: String, _ domains: [String]) {
        #expect(SearchList(parsing: Array(text.utf8)).domains.map(\.text) == domains)
    }

    @Test("any octets are a list", arguments: 0..<50)
    func hostileLists(_ seed: Int) {
        var generator = SystemRandomNumberGenerator()
        let words = [
            "search ", "domain ", "\n", ".", "a", "\\", "\\300", "\u{0}", " ", String(repeating: "l", count: 70),
        ]
        let text = (0..<seed * 20).map { _ in words.randomElement(using: &generator) ?? "" }.joined()
        #expect(SearchList(parsing: Array(text.utf8)).domains.count <= SearchList.maximumDomains)
    }

    @Test(
        "mistakes have CoreDNS's words and their place",
        arguments: [
            ("autopath", "no resolv-conf specified", 5),
            (
                "autopath a.test /nonexistent/x",
                #"failed to parse "/nonexistent/x": open /nonexistent/x: no such file or directory"#, 21
            ),
            ("autopath @erratic", "erratic does not implement the AutoPather interface", 14),
        ])
    func mistakes(_ line: String, _ message: String, _ column: Int) throws {
        let error = #expect(throws: ConfigurationError.self) {
            try PluginBench(
                ". {\n    \(line)\n    erratic\n}\n",
                [AutopathPlugin.definition, ScriptedPlugin.definition { _ in .next }])
        }
        #expect(error?.message == message)
        #expect(error?.line == 2 && error?.column == column && error?.plugin == "autopath")
    }

    @Test("a plugin that is named and not in the block turns the search off")
    func unknownPlugin() throws {
        let bench = try PluginBench(". {\n    autopath @kubernetes\n}\n", [AutopathPlugin.definition])
        #expect(bench.configuration.blocks[0].makeChain(for: bench.worker).names.isEmpty)
    }
}
