import DNSWire
import Testing

@testable import Plugins

/// The cluster of CoreDNS's unit tests: what its answers to a query must be.
@Suite("Kubernetes DNS specification 1.1.0, as CoreDNS answers it: services, endpoints and pods")
struct ServiceConformanceTests {
    private static let svc1 = "svc1.testns.svc.cluster.local."
    private static let hdls1 = "hdls1.testns.svc.cluster.local."

    private static let unitRows: [ConformanceRow] = [
        .init("cluster address", "svc1.testns.svc", .A, ["@ 5 IN A 10.0.0.1"]),
        .init("a service without endpoints", "svcempty.testns.svc", .A, ["@ 5 IN A 10.0.0.1"]),
        .init("SRV of a bare name", "svc1.testns.svc", .SRV, ["@ 5 IN SRV 0 100 80 @"], extras: ["@ 5 IN A 10.0.0.1"]),
        .init(
            "SRV without endpoints", "svcempty.testns.svc", .SRV, ["@ 5 IN SRV 0 100 80 @"],
            extras: ["@ 5 IN A 10.0.0.1"]),
        .init(
            "SRV over IPv6", "svc6.testns.svc", .SRV, ["@ 5 IN SRV 0 100 80 @"], extras: ["@ 5 IN AAAA 1234:abcd::1"]),
        .init(
            "SRV of a port", "_http._tcp.svc1.testns.svc", .SRV, ["@ 5 IN SRV 0 100 80 \(svc1)"],
            extras: ["\(svc1) 5 IN A 10.0.0.1"]),
        .init(
            "SRV of a port without endpoints", "_http._tcp.svcempty.testns.svc", .SRV,
            ["@ 5 IN SRV 0 100 80 svcempty.testns.svc.cluster.local."],
            extras: ["svcempty.testns.svc.cluster.local. 5 IN A 10.0.0.1"]),
        .init("ready endpoints, IPv4", "hdls1.testns.svc", .A, (2...5).map { "@ 5 IN A 172.0.0.\($0)" }),
        .init(
            "ready endpoints, IPv6", "hdls1.testns.svc", .AAAA,
            ["@ 5 IN AAAA 5678:abcd::1", "@ 5 IN AAAA 5678:abcd::2"]),
        .init("endpoints without a port", "hdlsprtls.testns.svc", .A, ["@ 5 IN A 172.0.0.20"]),
        .init("endpoints without a port", "hdlsprtls.testns.svc", .SRV, ClusterFixture.noData()),
        .init("no address of the family", "svc1.testns.svc", .AAAA, ClusterFixture.noData()),
        .init("cluster address, IPv6", "svc6.testns.svc", .AAAA, ["@ 5 IN AAAA 1234:abcd::1"]),
        .init("unknown service", "svc0.testns.svc", .A, ClusterFixture.nameError()),
        .init("unknown service", "svc0.testns.svc", .AAAA, ClusterFixture.nameError()),
        .init("unknown namespace", "svc0.svc-nons.svc", .A, ClusterFixture.nameError()),
        .init("unknown namespace", "svc0.svc-nons.svc", .TXT, ClusterFixture.nameError()),
        .init("version of the schema", "dns-version", .TXT, ["@ 28800 IN TXT \"1.1.0\""]),
        .init("version of the schema", "dns-version", .A, ClusterFixture.nameError()),
        .init("no TXT at a service", "svc1.testns.svc", .TXT, ClusterFixture.noData()),
        .init("no SOA below the apex", "svc1.testns.svc", .SOA, ClusterFixture.noData()),
        .init("unknown endpoint", "bogusendpoint.hdls1.testns.svc", .A, ClusterFixture.nameError()),
        .init("endpoint of an unknown service", "bogusendpoint.svc0.testns.svc", .A, ClusterFixture.nameError()),
        .init(
            "SRV of a port over IPv6", "_http._tcp.svc6.testns.svc", .SRV,
            ["@ 5 IN SRV 0 100 80 svc6.testns.svc.cluster.local."],
            extras: ["svc6.testns.svc.cluster.local. 5 IN AAAA 1234:abcd::1"]),
        .init("the node svc", "svc", .A, ClusterFixture.noData()),
        .init("the node svc", "svc", .NS, ClusterFixture.noData()),
        .init("the node pod", "pod", .A, ClusterFixture.noData()),
        .init("the node of a namespace", "testns.svc", .A, ClusterFixture.noData()),
        .init("the node of a namespace", "testns.svc", .NS, ClusterFixture.noData()),
        .init("unknown type label", "foo", .NS, ClusterFixture.nameError()),
        .init("unknown namespace as a node", "foo.svc", .NS, ClusterFixture.nameError()),
        .init("dual stack, IPv4", "svc-dual-stack.testns.svc", .A, ["@ 5 IN A 10.0.0.3"]),
        .init("dual stack, IPv6", "svc-dual-stack.testns.svc", .AAAA, ["@ 5 IN AAAA 10::3"]),
        .init(
            "dual stack shares the weight", "svc-dual-stack.testns.svc", .SRV, ["@ 5 IN SRV 0 50 80 @"],
            extras: ["@ 5 IN A 10.0.0.3", "@ 5 IN AAAA 10::3"]),
        .init("no endpoint below an alias", "endpoint.external.testns.svc", .CNAME, ClusterFixture.nameError()),
        .init("no port below an alias", "subdomain.subdomain.external.testns.svc", .CNAME, ClusterFixture.nameError()),
        .init(
            "every endpoint and port shares the weight", "_http._tcp.hdls1.testns.svc", .SRV,
            ["172-0-0-2", "172-0-0-3", "5678-abcd--1", "5678-abcd--2", "dup-name"].map {
                "@ 5 IN SRV 0 16 80 \($0).\(hdls1)"
            },
            extras: [
                "172-0-0-2.\(hdls1) 5 IN A 172.0.0.2", "172-0-0-3.\(hdls1) 5 IN A 172.0.0.3",
                "5678-abcd--1.\(hdls1) 5 IN AAAA 5678:abcd::1", "5678-abcd--2.\(hdls1) 5 IN AAAA 5678:abcd::2",
                "dup-name.\(hdls1) 5 IN A 172.0.0.4", "dup-name.\(hdls1) 5 IN A 172.0.0.5",
            ]),
        .init("endpoint by its IPv6 address", "5678-abcd--2.hdls1.testns.svc", .AAAA, ["@ 5 IN AAAA 5678:abcd::2"]),
        .init("endpoint without a port", "172-0-0-20.hdlsprtls.testns.svc", .A, ["@ 5 IN A 172.0.0.20"]),
        .init("endpoint by its IPv4 address", "172-0-0-2.hdls1.testns.svc", .A, ["@ 5 IN A 172.0.0.2"]),
        .init("endpoint by its IPv4 address", "172-0-0-2.hdls1.testns.svc", .AAAA, ClusterFixture.noData()),
        .init(
            "endpoints that share a host name", "dup-name.hdls1.testns.svc", .A,
            ["@ 5 IN A 172.0.0.4", "@ 5 IN A 172.0.0.5"]),
        .init("alias", "external.testns.svc", .CNAME, ["@ 5 IN CNAME ext.interwebs.test."]),
        .init("alias out of the zone", "external.testns.svc", .A, ["@ 5 IN CNAME ext.interwebs.test."]),
        .init("alias out of the zone", "external.testns.svc", .SRV, ClusterFixture.noData()),
        .init(
            "alias within the zone", "external-to-service.testns.svc", .A,
            ["@ 5 IN CNAME \(svc1)", "\(svc1) 5 IN A 10.0.0.1"]),
        .init("alias within the zone", "external-to-service.testns.svc", .AAAA, ClusterFixture.noData()),
        .init("hidden namespace", "svc1.unexposedns.svc", .A, ClusterFixture.nameError()),
        .init("namespace that does not exist", "svc1.nsnoexist.svc", .A, ClusterFixture.nameError()),
        .init("the asker's case", "SvC1.TeStNs.SvC.cLuStEr.LoCaL.", .A, ["@ 5 IN A 10.0.0.1"]),
        .init(
            "case of targets", "_HtTp._TcP.sVc1.TeStNs.SvC.cLuStEr.LoCaL.", .SRV,
            ["@ 5 IN SRV 0 100 80 svc1.testns.svc.cLuStEr.LoCaL."],
            extras: ["svc1.testns.svc.cLuStEr.LoCaL. 5 IN A 10.0.0.1"]),
        .init(
            "case of the zone in SOA", "not-a-service.testns.svc.ClUsTeR.lOcAl.", .A,
            ClusterFixture.nameError("ClUsTeR.lOcAl.")),
        .init("SOA of the zone", "Cluster.local.", .SOA, [ClusterFixture.authority("Cluster.local.")]),
        .init("the apex", "cluster.local.", .A, ClusterFixture.noData()),
        .init("the apex", "cluster.local.", .AAAA, ClusterFixture.noData()),
        .init("the apex", "cluster.local.", .SRV, ClusterFixture.noData()),
        .init("the apex", "cluster.local.", .HINFO, ClusterFixture.noData()),
        .init("pods disabled", "10-240-0-1.podns.pod", .A, ClusterFixture.nameError()),
        .init("pods disabled", "podns.pod", .A, ClusterFixture.nameError()),
        .init("PTR of an unknown name", "example.org.cluster.local.", .PTR, ClusterFixture.nameError()),
        .init("PTR of a service", "svc1.testns.svc", .PTR, ClusterFixture.noData()),
        .init("TXT of a node", "cluster.local.", .TXT, ClusterFixture.nameError()),
        .init("TXT of a node", "svc", .TXT, ClusterFixture.nameError()),
        .init("no wildcards", "*.testns.svc", .A, ClusterFixture.nameError()),
        .init("no wildcards", "any.testns.svc", .A, ClusterFixture.nameError()),
        .init("SOA of an unknown name", "foo.testns.svc", .SOA, ClusterFixture.nameError()),
        .init("SOA of a node", "testns.svc", .SOA, ClusterFixture.noData()),
    ]

    @Test("Services, endpoints and aliases", arguments: unitRows)
    func services(_ row: ConformanceRow) throws {
        #expect(try ClusterFixture.unit.ask(row.name, row.type) == row.expected)
    }

    @Test(
        "Names of pods, unverified",
        arguments: [
            ConformanceRow("any address is a pod", "10-240-0-1.podns.pod", .A, ["@ 5 IN A 10.240.0.1"]),
            .init("any address is a pod", "10-240-0-1.podns.pod", .AAAA, ClusterFixture.noData()),
            .init("any address is a pod", "2001-db8--1.podns.pod", .AAAA, ["@ 5 IN AAAA 2001:db8::1"]),
            .init("pod not looked up", "172-0-0-2.podns.pod", .A, ["@ 5 IN A 172.0.0.2"]),
            .init("no address", "blah.podns.pod", .A, ClusterFixture.nameError()),
            .init("no address", "blah.podns.pod", .AAAA, ClusterFixture.nameError()),
            .init("no address", "blah.podns.pod", .HINFO, ClusterFixture.nameError()),
            .init("no address", "1-2-3.podns.pod", .A, ClusterFixture.nameError()),
            .init("no address", "1-2-3-256.podns.pod", .A, ClusterFixture.nameError()),
            .init("no address", "01-2-3-4.podns.pod", .A, ClusterFixture.nameError()),
            .init("pod in an unknown namespace", "blah.pod-nons.pod", .A, ClusterFixture.nameError()),
            .init("namespace of pods", "podns.pod", .A, ClusterFixture.noData()),
            .init("labels in front of a pod", "foo.10-240-0-1.podns.pod", .A, ["@ 5 IN A 10.240.0.1"]),
            .init("labels in front of a pod", "b.foo.10-240-0-1.podns.pod", .A, ["@ 5 IN A 10.240.0.1"]),
            .init("labels in front of a pod", "c.b.foo.10-240-0-1.podns.pod", .A, ClusterFixture.nameError()),
        ])
    func podsInsecure(_ row: ConformanceRow) throws {
        var fixture = ClusterFixture.unit
        fixture.adjust = { $0.pods = .insecure }
        #expect(try fixture.ask(row.name, row.type) == row.expected)
    }

    @Test(
        "Names of pods, verified",
        arguments: [
            ConformanceRow("pod that exists", "10-240-0-1.podns.pod", .A, ["@ 5 IN A 10.240.0.1"]),
            .init("pod that exists", "10-240-0-1.testns.pod", .A, ClusterFixture.nameError()),
            .init("pod that does not exist", "172-0-0-2.podns.pod", .A, ClusterFixture.nameError()),
            .init("pod that does not exist", "172-0-0-2.podns.pod", .TXT, ClusterFixture.nameError()),
            .init("pod that does not exist", "10-240-0-1.podns.pod", .TXT, ClusterFixture.noData()),
            .init("unknown namespace of pods", "pod-nons.pod", .A, ClusterFixture.nameError()),
        ])
    func podsVerified(_ row: ConformanceRow) throws {
        var fixture = ClusterFixture.unit
        fixture.adjust = { $0.pods = .verified }
        #expect(try fixture.ask(row.name, row.type) == row.expected)
    }

    @Test(
        "`ignore empty_service` hides services without ready endpoints, but neither headless ones nor aliases",
        arguments: [
            ConformanceRow("empty service hidden", "svcempty.testns.svc", .A, ClusterFixture.nameError()),
            .init("empty service hidden", "svc1.testns.svc", .A, ["@ 5 IN A 10.0.0.1"]),
            .init("alias not hidden", "external.testns.svc", .CNAME, ["@ 5 IN CNAME ext.interwebs.test."]),
        ])
    func emptyServices(_ row: ConformanceRow) throws {
        var fixture = ClusterFixture.unit
        fixture.adjust = { $0.hidesEmptyServices = true }
        #expect(try fixture.ask(row.name, row.type) == row.expected)
    }

    @Test(
        "Without `namespaces` every namespace that exists is shown",
        arguments: [
            ConformanceRow("namespace not hidden", "svc1.unexposedns.svc", .A, ["@ 5 IN A 10.0.0.2"]),
            .init("namespace that does not exist", "svc1.nsnoexist.svc", .A, ClusterFixture.nameError()),
        ])
    func allNamespaces(_ row: ConformanceRow) throws {
        var fixture = ClusterFixture.unit
        fixture.adjust = { _ in }
        #expect(try fixture.ask(row.name, row.type) == row.expected)
    }

    @Test("Apex NS of a server that is no endpoint is `ns.dns` with its own addresses")
    func standAloneNameServer() throws {
        var fixture = ClusterFixture.unit
        fixture.local = ["192.0.2.1", "2001:db8::1"]
        #expect(
            try fixture.ask("cluster.local.", .NS)
                == .init(
                    code: "NOERROR", answers: ["cluster.local. 5 IN NS ns.dns.cluster.local."],
                    extras: ["ns.dns.cluster.local. 5 IN A 192.0.2.1", "ns.dns.cluster.local. 5 IN AAAA 2001:db8::1"]))
        #expect(try fixture.ask("ns.dns", .AAAA).answers == ["ns.dns.cluster.local. 5 IN AAAA 2001:db8::1"])
        #expect(try fixture.ask("ns.dns", .SRV) == ClusterFixture.noData())
    }

    @Test("A server without an address of its own has neither NS records nor `ns.dns`")
    func noNameServer() throws {
        #expect(try ClusterFixture.unit.ask("cluster.local.", .NS) == ClusterFixture.noData())
        #expect(try ClusterFixture.unit.ask("ns.dns", .A) == ClusterFixture.noData())
        #expect(try ClusterFixture.unit.ask("ns.dns", .PTR) == ClusterFixture.noData())
        #expect(try ClusterFixture.unit.ask("ns.dns", .TXT) == ClusterFixture.nameError())
    }

    @Test("The SOA record's own TTL is at most 300, its minimum is the block's TTL")
    func timeToLive() throws {
        var fixture = ClusterFixture.unit
        fixture.adjust = { $0.ttl = 3_600 }
        #expect(try fixture.ask("nope.testns.svc", .A).authorities == [ClusterFixture.authority(ttl: 3_600)])
        #expect(try fixture.ask("svc1.testns.svc", .A).answers == ["svc1.testns.svc.cluster.local. 3600 IN A 10.0.0.1"])
    }
}
