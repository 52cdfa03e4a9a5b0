import DNSWire
import Testing

@testable import Plugins

@Suite("Metadata of queries to a cluster")
struct ClusterMetadataTests {
    /// All values of a name, by their names.
    private func values(_ text: String, isZonal: Bool = false) throws -> [String: String] {
        var fixture = ClusterFixture()
        fixture.zones = ["cluster.local.", "clusterset.local."]
        fixture.multiclusterZones = ["clusterset.local."]
        fixture.adjust = { $0.isZonal = isZonal }
        let policy = try fixture.policy()
        let name = try Name(parsing: text).lowercased
        let found = policy.zone(of: name.wire.span)
        let zone = try #require(found)
        let question = ClusterQuestion(
            name: name.wire.span, asked: name.wire.span, zoneStart: zone.start, isInReverseZone: zone.isReverse,
            isInMulticlusterZone: zone.isMulticluster, type: .A)
        var values: [String: String] = [:]
        for name in ClusterMetadata.names(of: question, policy) {
            values[name] = ClusterMetadata.value(name, of: question, policy)
        }
        #expect(ClusterMetadata.value("nonsense", of: question, policy) == nil)
        return values
    }

    private static let none = [
        "endpoint": "", "kind": "", "namespace": "", "port-name": "", "protocol": "", "service": "",
    ]

    @Test(
        "The parts of a name, in lower case; what it does not say is empty",
        arguments: [
            ("10-240-0-1.podns.pod.cluster.local.", ["kind": "pod", "namespace": "podns", "service": "10-240-0-1"]),
            ("S.ns.SVC.cluster.local.", ["kind": "svc", "namespace": "ns", "service": "s"]),
            (
                "_http._tcp.s.ns.svc.cluster.local.",
                ["kind": "svc", "namespace": "ns", "service": "s", "port-name": "http", "protocol": "tcp"]
            ),
            (
                "http.tcp.s.ns.svc.cluster.local.",
                ["kind": "svc", "namespace": "ns", "service": "s", "port-name": "http", "protocol": "tcp"]
            ),
            ("ep.s.ns.svc.cluster.local.", ["kind": "svc", "namespace": "ns", "service": "s", "endpoint": "ep"]),
            ("ns.svc.cluster.local.", ["kind": "svc", "namespace": "ns"]),
            ("svc.cluster.local.", [:]), ("cluster.local.", [:]),
            (
                "ep.c1.s.ns.svc.clusterset.local.",
                ["kind": "svc", "namespace": "ns", "service": "s", "endpoint": "ep", "cluster": "c1"]
            ),
            (
                "_http._tcp.s.ns.svc.clusterset.local.",
                [
                    "kind": "svc", "namespace": "ns", "service": "s", "port-name": "http", "protocol": "tcp",
                    "cluster": "",
                ]
            ),
        ])
    func parts(_ name: String, _ expected: [String: String]) throws {
        #expect(try values(name) == Self.none.merging(expected) { $1 })
    }

    @Test("With zonal there is the topology zone, dots and all; other names have none")
    func zone() throws {
        let service = ["kind": "svc", "namespace": "ns", "service": "s"]
        #expect(
            try values("corp.example.com.pin._zone.s.ns.svc.cluster.local.", isZonal: true)
                == Self.none.merging(service) { $1 }.merging(["zone": "corp.example.com"]) { $1 })
        #expect(
            try values("s.ns.svc.cluster.local.", isZonal: true)
                == Self.none.merging(service) { $1 }.merging(["zone": ""]) { $1 })
    }

    @Test(
        "A name of no form has a parse error alone",
        arguments: [
            "foo.bar.notapod.cluster.local.", "dns-version.cluster.local.", "a.b.c.s.ns.svc.cluster.local.",
            "a.pin._zone.s.ns.svc.cluster.local.", "a.pin._zone.s.ns.svc.clusterset.local.",
        ])
    func parseErrors(_ name: String) throws {
        #expect(try values(name) == ["parse-error": "invalid query name"])
    }

    @Test("The asking pod has its namespace, its name and its labels")
    func client() {
        let client = ClusterMetadata.Client(namespace: "shop", name: "web-0", labels: ["app": "web", "a/b": ""])
        #expect(
            ClusterMetadata.names(of: client)
                == ["client-namespace", "client-pod-name", "client-label/a/b", "client-label/app"])
        #expect(ClusterMetadata.value("client-namespace", of: client) == "shop")
        #expect(ClusterMetadata.value("client-pod-name", of: client) == "web-0")
        #expect(ClusterMetadata.value("client-label/app", of: client) == "web")
        #expect(ClusterMetadata.value("client-label/a/b", of: client) == "")
        #expect(ClusterMetadata.value("client-label/none", of: client) == nil)
        #expect(ClusterMetadata.value("service", of: client) == nil)
    }
}
