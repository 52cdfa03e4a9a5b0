import Corefile
import DNSWire
import FoundationEssentials
import KubernetesClient
import Testing

@testable import Plugins

@Suite("The example cluster and the plugin's page")
struct ExampleClusterTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")

    private static func snapshot() throws -> ClusterSnapshot {
        let log = LogRecorder()
        var folder = ManifestFolder(root.appending(path: "Examples/cluster").path, logger: log.logger)
        let hasChanged = folder.scan()
        #expect(hasChanged && log.lines.isEmpty, "\(log.lines)")
        let manifests = folder.manifests
        var model = ClusterModel(expecting: Set(ClusterModel.Resource.allCases))
        model.replace(with: manifests.namespaces)
        model.replace(with: manifests.services)
        model.replace(with: manifests.slices)
        model.replace(with: manifests.pods)
        return model.commit(serial: 1) ?? model.snapshot
    }

    @Test(
        "The files of the example cluster answer as they say",
        arguments: [
            ("kube-dns.kube-system.svc", RecordType.A, ["A 10.96.0.10"]),
            ("web.shop.svc", .A, ["A 10.96.10.1"]), ("api.shop.svc", .AAAA, ["AAAA fd00:10:96::2"]),
            ("admin.shop.svc", .A, ["A 10.96.10.3"]), ("store.shop.svc", .A, ["A 10.96.10.4"]),
            ("idle.shop.svc", .A, ["A 10.96.10.5"]),
            ("payments.shop.svc", .CNAME, ["CNAME payments.example.com."]),
            ("frontend.shop.svc", .A, ["A 10.96.10.1", "CNAME web.shop.svc.cluster.local."]),
            ("db.shop.svc", .A, ["A 10.244.1.30", "A 10.244.2.30"]),
            ("db-0.db.shop.svc", .A, ["A 10.244.1.30"]), ("db-2.db.shop.svc", .A, []),
            ("cache.shop.svc", .A, ["A 10.244.1.40", "A 10.244.1.41", "A 10.244.2.40"]),
            ("10-244-2-40.cache.shop.svc", .A, ["A 10.244.2.40"]), ("batch.shop.svc", .A, []),
            ("10-244-1-30.shop.pod", .A, ["A 10.244.1.30"]), ("10-244-1-31.shop.pod", .A, []),
            ("monitoring.svc", .A, []),
        ])
    func answers(_ name: String, _ type: RecordType, _ expected: [String]) throws {
        var fixture = ClusterFixture()
        fixture.adjust = { $0.pods = .verified }
        let reply = try fixture.ask(name, type, Self.snapshot())
        let data = reply.answers.compactMap { $0.components(separatedBy: " IN ").last }.sorted()
        #expect(data == expected)
    }

    @Test("The examples of the page are configurations that can be read")
    func page() throws {
        let file = Self.root.appending(path: "Sources/Plugins/Kubernetes/README.md")
        let page = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        let examples = page.components(separatedBy: "~~~ corefile\n").dropFirst().map {
            $0.components(separatedBy: "~~~")[0]
        }
        #expect(examples.count == 5)
        for example in examples {
            let block = try #require(try Corefile.parse(text: example).blocks.first)
            let configuration = try KubernetesConfiguration.directive.read(
                block.directives, serverZones: block.zones, initial: KubernetesConfiguration())
            let token = try #require(block.directives(named: "kubernetes").first).name
            #expect(try configuration.policy(at: token).primaryZone.text == "cluster.local.")
        }
        for option in KubernetesConfiguration.directive.options {
            #expect(page.contains("`\(option.name)`"), "\(option.name)")
        }
    }
}
