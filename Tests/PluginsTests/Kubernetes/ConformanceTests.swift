import DNSWire
import Testing

@testable import Plugins

/// The clusters of CoreDNS's tests of reverse names, of several clusters and of topology zones, and of its integration tests.
@Suite("Kubernetes DNS specification 1.1.0, as CoreDNS answers it: other clusters")
struct ConformanceTests {
    private static let svc1 = "svc1.testns.svc.cluster.local."
    private static let shared = "hdls1.testns.svc.clusterset.local."

    @Test(
        "Reverse names",
        arguments: [
            ConformanceRow("endpoint in several slices", "100.0.0.10.in-addr.arpa.", .PTR, ["@ 5 IN PTR ep1a.\(svc1)"]),
            .init("cluster address back", "100.1.168.192.in-addr.arpa.", .PTR, ["@ 5 IN PTR \(svc1)"]),
            .init(
                "IPv6 endpoints back", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.c.b.a.4.3.2.1.ip6.arpa.",
                .PTR,
                ["@ 5 IN PTR ep1b.\(svc1)"]),
            .init(
                "IPv6 endpoints back", "a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.3.0.0.7.7.0.0.0.0.d.f.ip6.arpa.",
                .PTR,
                ["@ 5 IN PTR ip6svc1ex.\(svc1)"]),
            .init(
                "IPv6 endpoints back", "6.a.b.9.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.3.0.0.7.7.0.0.0.0.d.f.ip6.arpa.",
                .PTR,
                ["@ 5 IN PTR ip6svc1in.\(svc1)"]),
            .init(
                "endpoint of two services", "99.0.0.10.in-addr.arpa.", .PTR,
                ["@ 5 IN PTR double-ep.\(svc1)", "@ 5 IN PTR double-ep.svc2.testns.svc.cluster.local."]),
            .init("unknown address", "101.0.0.10.in-addr.arpa.", .PTR, ClusterFixture.nameError("0.10.in-addr.arpa.")),
            .init(
                "SOA below a reverse zone", "0.0.10.in-addr.arpa.", .SOA, ClusterFixture.noData("0.10.in-addr.arpa.")),
            .init(
                "no services in a reverse zone", "svc1.testns.svc.0.10.in-addr.arpa.", .A,
                ClusterFixture.nameError("0.10.in-addr.arpa.")),
            .init(
                "no services in a reverse zone", "svc1.testns.svc.0.10.in-addr.arpa.", .AAAA,
                ClusterFixture.nameError("0.10.in-addr.arpa.")),
            .init(
                "no services in a reverse zone", "svc1.testns.svc.0.10.in-addr.arpa.", .SRV,
                ClusterFixture.nameError("0.10.in-addr.arpa.")),
            .init(
                "no services in a reverse zone", "100.0.0.10.in-addr.arpa.", .A,
                ClusterFixture.nameError("0.10.in-addr.arpa.")),
            .init(
                "no services in a reverse zone", "0.10.in-addr.arpa.", .PTR, ClusterFixture.noData("0.10.in-addr.arpa.")
            ),
            .init(
                "no services in a reverse zone", "0.0.10.in-addr.arpa.", .PTR,
                ClusterFixture.nameError("0.10.in-addr.arpa.")),
        ])
    func reverse(_ row: ConformanceRow) throws {
        #expect(try ClusterFixture.reverse.ask(row.name, row.type) == row.expected)
    }

    @Test(
        "Services of several clusters",
        arguments: [
            ConformanceRow(
                "shared cluster address", "svc1.testns.svc", .A, ["svc1.testns.svc.clusterset.local. 5 IN A 10.0.0.1"]),
            .init(
                "endpoint and cluster", "172-0-0-3.cluster1.hdls1.testns.svc", .A,
                ["172-0-0-3.cluster1.\(shared) 5 IN A 172.0.0.3"]),
            .init(
                "IPv6 endpoint and cluster", "5678-abcd--2.cluster1.hdls1.testns.svc", .AAAA,
                ["5678-abcd--2.cluster1.\(shared) 5 IN AAAA 5678:abcd::2"]),
            .init(
                "endpoint without a port", "172-0-0-20.cluster1.hdlsprtls.testns.svc", .A,
                ["172-0-0-20.cluster1.hdlsprtls.testns.svc.clusterset.local. 5 IN A 172.0.0.20"]),
            .init(
                "endpoint without its cluster", "5678-abcd--1.hdls1.testns.svc", .AAAA,
                ClusterFixture.nameError("clusterset.local.")),
            .init(
                "SRV of an endpoint and cluster", "5678-abcd--1.cluster1.hdls1.testns.svc", .SRV,
                [
                    "5678-abcd--1.cluster1.\(shared) 5 IN SRV 0 100 80 5678-abcd--1.cluster1.\(shared)"
                ], extras: ["5678-abcd--1.cluster1.\(shared) 5 IN AAAA 5678:abcd::1"]),
            .init("unknown service", "svc0.testns.svc", .A, ClusterFixture.nameError("clusterset.local.")),
        ])
    func clusterset(_ row: ConformanceRow) throws {
        #expect(try ClusterFixture.clusterset.ask(row.name, row.type) == row.expected)
    }

    @Test(
        "Names by topology zone",
        arguments: [
            ConformanceRow("pin", "us-west-2a.pin._zone.hdls.testns.svc", .A, ["@ 5 IN A 172.0.0.1"]),
            .init(
                "pin, several", "us-west-2b.pin._zone.hdls.testns.svc", .A,
                ["@ 5 IN A 172.0.0.2", "@ 5 IN A 172.0.0.3"]),
            .init("pin to an empty zone", "us-west-2c.pin._zone.hdls.testns.svc", .A, ClusterFixture.noData()),
            .init("TXT of an empty zone", "us-west-2c.pin._zone.hdls.testns.svc", .TXT, ClusterFixture.noData()),
            .init("PTR of a zone", "us-west-2a.pin._zone.hdls.testns.svc", .PTR, ClusterFixture.noData()),
            .init("pin without endpoints", "us-west-2a.pin._zone.drained.testns.svc", .A, ClusterFixture.noData()),
            .init("prefer without endpoints", "a.prefer._zone.drained.testns.svc", .A, ClusterFixture.noData()),
            .init("prefer", "us-west-2a.prefer._zone.hdls.testns.svc", .A, ["@ 5 IN A 172.0.0.1"]),
            .init(
                "prefer an empty zone", "us-west-2c.prefer._zone.hdls.testns.svc", .A,
                (1...5).map { "@ 5 IN A 172.0.0.\($0)" }),
            .init(
                "no zone of a cluster address", "us-west-2a.pin._zone.clstr.testns.svc", .A, ClusterFixture.nameError()),
            .init("no zone of an alias", "us-west-2a.prefer._zone.external.testns.svc", .A, ClusterFixture.nameError()),
            .init("unknown service", "us-west-2a.pin._zone.ghost.testns.svc", .A, ClusterFixture.nameError()),
            .init("unknown namespace", "us-west-2a.pin._zone.hdls.ghost.svc", .A, ClusterFixture.nameError()),
            .init("unknown word", "us-west-2a.florp._zone.hdls.testns.svc", .A, ClusterFixture.nameError()),
            .init("no zone named", "pin._zone.hdls.testns.svc", .A, ClusterFixture.nameError()),
            .init("not of pods", "us-west-2a.pin._zone.hdls.testns.pod", .A, ClusterFixture.nameError()),
            .init(
                "reverse names as ever", "1.0.0.172.in-addr.arpa.", .PTR,
                ["@ 5 IN PTR 172-0-0-1.hdls.testns.svc.cluster.local."]),
        ])
    func zonal(_ row: ConformanceRow) throws {
        #expect(try ClusterFixture.zonal.ask(row.name, row.type) == row.expected)
    }

    @Test("Without `zonal` there are no names by topology zone", arguments: ["pin", "prefer"])
    func notZonal(_ word: String) throws {
        var fixture = ClusterFixture.zonal
        fixture.adjust = { _ in }
        #expect(try fixture.ask("us-west-2a.\(word)._zone.hdls.testns.svc", .A) == ClusterFixture.nameError())
    }

    @Test(
        "The cluster of the integration tests",
        arguments: [
            ConformanceRow("cluster address", "svc-1-a.test-1.svc", .A, ["@ 5 IN A 10.96.0.100"]),
            .init(
                "two ports share the weight", "svc-1-a.test-1.svc", .SRV,
                ["@ 5 IN SRV 0 50 80 @", "@ 5 IN SRV 0 50 443 @"],
                extras: ["@ 5 IN A 10.96.0.100"]),
            .init(
                "headless, both families", "headless-svc.test-1.svc", .A,
                ["@ 5 IN A 172.17.0.254", "@ 5 IN A 172.17.0.255"]),
            .init(
                "headless, both families", "headless-svc.test-1.svc", .AAAA,
                ["@ 5 IN AAAA 1234:abcd::1", "@ 5 IN AAAA 1234:abcd::2"]),
            .init("unknown endpoint", "bogusendpoint.svc-1-a.test-1.svc", .A, ClusterFixture.nameError()),
            .init("unknown endpoint", "svc-1-a.svc-1-a.test-1.svc", .A, ["@ 5 IN A 172.17.0.253"]),
            .init("headless without ready endpoints", "svc-unready.test-1.svc", .A, ClusterFixture.nameError()),
            .init(
                "cluster address back", "100.0.96.10.in-addr.arpa.", .PTR,
                ["@ 5 IN PTR svc-1-a.test-1.svc.cluster.local."]),
            .init(
                "endpoint back", "253.0.17.172.in-addr.arpa.", .PTR,
                ["@ 5 IN PTR svc-1-a.svc-1-a.test-1.svc.cluster.local."]),
            .init(
                "IPv6 endpoint back", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.c.b.a.4.3.2.1.ip6.arpa.", .PTR,
                ["@ 5 IN PTR headless-svc-3.headless-svc.test-1.svc.cluster.local."]),
            .init(
                "endpoint by its pod's name", "headless-1.test-3.svc", .SRV, ["@ 5 IN SRV 0 100 80 test-name.@"],
                extras: ["test-name.@ 5 IN A 172.17.0.249"]),
            .init(
                "a pod's name that is no label", "headless-2.test-3.svc", .SRV, ["@ 5 IN SRV 0 100 80 172-17-0-248.@"],
                extras: ["172-17-0-248.@ 5 IN A 172.17.0.248"]),
        ])
    func integration(_ row: ConformanceRow) throws {
        #expect(try ClusterFixture.integration.ask(row.name, row.type) == row.expected)
    }

    @Test(
        "`namespaces` hides the reverse names of other namespaces",
        arguments: [
            ("120.0.96.10.in-addr.arpa.", false), ("252.0.17.172.in-addr.arpa.", false),
            ("100.0.96.10.in-addr.arpa.", true),
        ])
    func hiddenReverseNames(_ name: String, _ isShown: Bool) throws {
        var fixture = ClusterFixture.integration
        fixture.adjust = { $0.namespaces = ["test-1"].compactMap(WireLabel.encode) }
        let reply = try fixture.ask(name, .PTR)
        #expect((reply != ClusterFixture.nameError("in-addr.arpa.")) == isShown)
    }

    @Test(
        "Pods of the integration tests' cluster, unverified",
        arguments: [
            ConformanceRow("any address is a pod", "10-20-0-101.test-1.pod", .A, ["@ 5 IN A 10.20.0.101"]),
            .init("pod in an unknown namespace", "10-20-0-101.test-x.pod", .A, ClusterFixture.nameError()),
        ])
    func pods(_ row: ConformanceRow) throws {
        var fixture = ClusterFixture.integration
        fixture.adjust = { $0.pods = .insecure }
        #expect(try fixture.ask(row.name, row.type) == row.expected)
    }

    @Test(
        "`namespace_labels` hides the reverse names of namespaces that are not selected",
        arguments: [
            ("120.0.96.10.in-addr.arpa.", false), ("252.0.17.172.in-addr.arpa.", false),
            ("100.0.96.10.in-addr.arpa.", true), ("253.0.17.172.in-addr.arpa.", true),
        ])
    func unselectedReverseNames(_ name: String, _ isShown: Bool) throws {
        var fixture = ClusterFixture.integration
        // What an API server tells of when one of the namespaces is selected.
        fixture.namespaces = ["test-1"]
        fixture.adjust = { $0.selectsNamespaces = true }
        let reply = try fixture.ask(name, .PTR)
        #expect((reply != ClusterFixture.nameError("in-addr.arpa.")) == isShown)
    }

    @Test("Apex NS names the services that this server is an endpoint of")
    func nameServers() throws {
        var fixture = ClusterFixture.integration
        fixture.local = ["172.17.0.2"]
        let server = "kube-dns.kube-system.svc.cluster.local."
        #expect(
            try fixture.ask("cluster.local.", .NS)
                == .init(
                    code: "NOERROR", answers: ["cluster.local. 5 IN NS \(server)"],
                    extras: ["\(server) 5 IN A 10.96.0.10"]))
        #expect(try fixture.ask("ns.dns", .A).answers == ["ns.dns.cluster.local. 5 IN A 10.96.0.10"])
    }
}
