import DNSWire
import KubernetesClient
import Testing

@testable import Plugins

@Suite("Services of several clusters (multicluster)")
struct MulticlusterTests {
    private static let hdls1 = "hdls1.testns.svc.clusterset.local."

    @Test("A headless service has the endpoints of all clusters, an address once")
    func headless() throws {
        #expect(
            try ClusterFixture.clusterset.ask("hdls1.testns.svc", .A).answers
                == (2...8).map { "\(Self.hdls1) 5 IN A 172.0.0.\($0)" })
    }

    @Test("An endpoint is named with its cluster, in any case; the same name in two clusters is two names")
    func endpoints() throws {
        let fixture = ClusterFixture.clusterset
        #expect(
            try fixture.ask("dup-name.cluster1.hdls1.testns.svc", .A).answers == [
                "dup-name.cluster1.\(Self.hdls1) 5 IN A 172.0.0.4", "dup-name.cluster1.\(Self.hdls1) 5 IN A 172.0.0.5",
            ])
        #expect(
            try fixture.ask("Dup-Name.CLUSTER2.hdls1.testns.svc", .A).answers == [
                "Dup-Name.CLUSTER2.\(Self.hdls1) 5 IN A 172.0.0.6"
            ])
        #expect(try fixture.ask("own.cluster2.hdls1.testns.svc", .AAAA) == Self.noData)
        for name in ["own.cluster1", "own", "own.cluster3", "172-0-0-3.cluster2", "stray.cluster1"] {
            #expect(try fixture.ask("\(name).hdls1.testns.svc", .A) == Self.nameError, "\(name)")
        }
        #expect(try fixture.ask("ep1a.cluster1.svc1.testns.svc", .A).answers.count == 1)
    }

    @Test("An endpoint of which no cluster is known is named without one")
    func strayEndpoint() throws {
        let fixture = ClusterFixture.clusterset
        #expect(try fixture.ask("stray.hdls1.testns.svc", .A).answers == ["stray.\(Self.hdls1) 5 IN A 172.0.0.8"])
        #expect(
            try fixture.ask("stray.hdls1.testns.svc", .SRV).answers == [
                "stray.\(Self.hdls1) 5 IN SRV 0 100 80 stray.\(Self.hdls1)"
            ])
    }

    @Test("The targets of SRV records have the cluster, and each its own addresses")
    func services() throws {
        let reply = try ClusterFixture.clusterset.ask("_http._tcp.hdls1.testns.svc", .SRV)
        let names = [
            "172-0-0-2.cluster1", "172-0-0-2.cluster2", "172-0-0-3.cluster1", "5678-abcd--1.cluster1",
            "5678-abcd--2.cluster1", "dup-name.cluster1", "dup-name.cluster2", "own.cluster2", "stray",
        ]
        #expect(
            reply.answers == names.map { "_http._tcp.\(Self.hdls1) 5 IN SRV 0 10 80 \($0).\(Self.hdls1)" }.sorted())
        #expect(reply.extras.count == 10)
        #expect(reply.extras.contains("172-0-0-2.cluster2.\(Self.hdls1) 5 IN A 172.0.0.2"))
        #expect(
            reply.extras.filter { $0.hasPrefix("dup-name.cluster1.") } == [
                "dup-name.cluster1.\(Self.hdls1) 5 IN A 172.0.0.4", "dup-name.cluster1.\(Self.hdls1) 5 IN A 172.0.0.5",
            ])
    }

    @Test("Port and transport need an underscore: without, they are an endpoint and its cluster")
    func portLabels() throws {
        let fixture = ClusterFixture.clusterset
        for name in ["_http._tcp", "_http.tcp", "http._tcp"] {
            #expect(try fixture.ask("\(name).svc1.testns.svc", .SRV).answers.count == 1, "\(name)")
        }
        #expect(try fixture.ask("http.tcp.svc1.testns.svc", .SRV) == Self.nameError)
    }

    @Test(
        "What the clusters share and what one has are apart: aliases, names by zone and other services are not shared")
    func apart() throws {
        var fixture = ClusterFixture.clusterset
        fixture.add("alone", in: "testns", ["10.0.0.77"])
        #expect(try fixture.ask("alone.testns.svc.cluster.local.", .A).answers.count == 1)
        #expect(try fixture.ask("alone.testns.svc", .A) == Self.nameError)
        #expect(try fixture.ask("external.testns.svc", .CNAME) == Self.nameError)
        #expect(try fixture.ask("dup-name.cluster1.hdls1.testns.svc.cluster.local.", .A) == ClusterFixture.nameError())
        let adjust = fixture.adjust
        fixture.adjust = {
            adjust(&$0); $0.isZonal = true
        }
        #expect(try fixture.ask("a.pin._zone.hdls1.testns.svc", .A) == Self.nameError)
        #expect(try fixture.ask("a.pin._zone.hdls1.testns.svc.cluster.local.", .A) == ClusterFixture.noData())
    }

    @Test("Without endpoints, and in hidden namespaces, shared services are as others")
    func hidden() throws {
        var fixture = ClusterFixture.clusterset
        #expect(try fixture.ask("svcempty.testns.svc", .A).answers.count == 1)
        #expect(try fixture.ask("svc1.unexposedns.svc", .A) == Self.nameError)
        #expect(try fixture.ask("testns.svc", .A) == Self.noData)
        let adjust = fixture.adjust
        fixture.adjust = {
            adjust(&$0); $0.hidesEmptyServices = true
        }
        #expect(try fixture.ask("svcempty.testns.svc", .A) == Self.nameError)
    }

    @Test("Every zone below a shared one is shared")
    func zonesBelow() throws {
        var fixture = ClusterFixture.clusterset
        fixture.zones.append("b.clusterset.local.")
        #expect(try fixture.ask("own.cluster2.hdls1.testns.svc.b.clusterset.local.", .A).answers.count == 1)
    }

    private static let noData = ClusterFixture.noData("clusterset.local.")
    private static let nameError = ClusterFixture.nameError("clusterset.local.")
}
