import Corefile
import DNSWire
import Synchronization
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

/// Aliases to names of the cluster's zone that others than `kubernetes` answer.
@Suite("Same name, same answer: aliases within the zone")
struct AliasTargetTests {
    private static let cluster: ClusterFixture = {
        var fixture = ClusterFixture(namespaces: ["a"])
        fixture.add("web", in: "a", ["10.0.0.1"])
        fixture.add("to-web", in: "a", external: "web.a.svc.cluster.local")
        fixture.add("to-hosted", in: "a", external: "hosted.a.svc.cluster.local")
        return fixture
    }()

    private func bench(_ front: String, _ plugins: [PluginDefinition]) throws -> PluginBench {
        let bench = try PluginBench(
            """
            . {
                \(front)
                kubernetes cluster.local {
                    endpoint http://127.0.0.1:1
                }
            }

            """, plugins + [KubernetesPlugin.definition])
        let snapshot = Self.cluster.snapshot
        try bench.plugin(KubernetesPlugin.self).source.state.publisher.publish(snapshot)
        return bench
    }

    private func answers(_ reply: Message?) -> [String] { reply?.answers.map(\.data.text).sorted() ?? ["nothing"] }

    @Test("a plugin in front answers for the target of an alias as for the name itself")
    func front() async throws {
        let hosts = "hosts {\n192.0.2.5 web.a.svc.cluster.local hosted.a.svc.cluster.local\nfallthrough\n}"
        func ask(_ name: String) async throws -> [String] {
            answers(try await bench(hosts, [HostsPlugin.definition]).askOnWorker("\(name).a.svc.cluster.local"))
        }
        #expect(try await ask("web") == ["192.0.2.5"])
        #expect(try await ask("to-web") == ["192.0.2.5", "web.a.svc.cluster.local."])
        #expect(try await ask("to-hosted") == ["192.0.2.5", "hosted.a.svc.cluster.local."])
    }

    @Test("what is local is answered at once where nobody in front could say otherwise")
    func atOnce() throws {
        let bench = try bench(
            "errors\nloadbalance\ncache",
            [ErrorsPlugin.definition, LoadbalancePlugin.definition, CachePlugin.definition])
        // On the test's own thread nothing could be waited for.
        let reply = try bench.ask("to-web.a.svc.cluster.local")
        #expect(answers(reply) == ["10.0.0.1", "web.a.svc.cluster.local."])
        #expect(answers(try bench.ask("to-hosted.a.svc.cluster.local")) == [])
    }
}
