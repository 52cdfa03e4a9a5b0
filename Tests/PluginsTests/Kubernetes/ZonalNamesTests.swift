import DNSWire
import KubernetesClient
import Testing

@testable import Plugins

@Suite("Names by topology zone (zonal)")
struct ZonalNamesTests {
    private static let hdls = "hdls.testns.svc.cluster.local."

    @Test("`pin` answers with the endpoints of the zone, in both families, and whatever the case of the zone")
    func pin() throws {
        let fixture = ClusterFixture.zonal
        #expect(
            try fixture.ask("us-west-2b.pin._zone.hdls.testns.svc", .A).answers == [
                "us-west-2b.pin._zone.\(Self.hdls) 5 IN A 172.0.0.2",
                "us-west-2b.pin._zone.\(Self.hdls) 5 IN A 172.0.0.3",
            ])
        #expect(
            try fixture.ask("US-West-2A.PIN._Zone.hdls.testns.svc", .AAAA).answers == [
                "US-West-2A.PIN._Zone.\(Self.hdls) 5 IN AAAA 2001:db8::1"
            ])
        #expect(try fixture.ask("us-west-2b.pin._zone.hdls.testns.svc", .AAAA) == ClusterFixture.noData())
    }

    @Test("A zone's name can have dots, and only all of it is the zone")
    func dots() throws {
        let fixture = ClusterFixture.zonal
        #expect(try fixture.ask("corp.example.com.pin._zone.hdls.testns.svc", .A).answers.count == 1)
        for zone in ["example.com", "com", "x.corp.example.com", "corp.example", "a.b.c.d.e.f.g.h.i.j"] {
            #expect(try fixture.ask("\(zone).pin._zone.hdls.testns.svc", .A) == ClusterFixture.noData(), "\(zone)")
        }
    }

    @Test("SRV records, their weight and their addresses are those of the zone's endpoints")
    func services() throws {
        let owner = "us-west-2b.pin._zone.\(Self.hdls)"
        #expect(
            try ClusterFixture.zonal.ask("us-west-2b.pin._zone.hdls.testns.svc", .SRV)
                == .init(
                    code: "NOERROR",
                    answers: [
                        "\(owner) 5 IN SRV 0 50 80 172-0-0-2.\(Self.hdls)",
                        "\(owner) 5 IN SRV 0 50 80 172-0-0-3.\(Self.hdls)",
                    ],
                    extras: ["172-0-0-2.\(Self.hdls) 5 IN A 172.0.0.2", "172-0-0-3.\(Self.hdls) 5 IN A 172.0.0.3"]))
    }

    @Test("Endpoints of one name in two zones: each zone has its own")
    func sharedName() throws {
        var fixture = ClusterFixture.zonal
        fixture.add("shared", in: "testns")
        fixture.slice("shared", in: "testns", [.at("10.0.0.1", "db", zone: "a"), .at("10.0.0.2", "db", zone: "b")])
        let reply = try fixture.ask("b.pin._zone.shared.testns.svc", .SRV)
        #expect(
            reply.answers.count == 1 && reply.answers[0].hasSuffix("SRV 0 100 80 db.shared.testns.svc.cluster.local."))
        #expect(reply.extras == ["db.shared.testns.svc.cluster.local. 5 IN A 10.0.0.2"])
        #expect(try fixture.ask("db.shared.testns.svc", .A).answers.count == 2)
    }

    @Test("A change of nothing but a zone is a change")
    func zoneChange() throws {
        func record(_ zone: String, keepsZones: Bool = true) throws -> SliceRecord {
            let slice = EndpointSlice(
                metadata: ObjectMetadata(name: "s", namespace: "ns"), serviceName: "s",
                endpoints: [.at("10.0.0.1", zone: zone)], ports: [.http])
            return try #require(SliceRecord(slice, usesPodNames: false, keepsZones: keepsZones))
        }
        #expect(try record("a") == record("a") && record("a") != record("b") && record("a") != record(""))
        #expect(try record("a", keepsZones: false) == record("b", keepsZones: false))
        #expect(try EndpointTable([record("a")]) != EndpointTable([record("b")]))
    }

    @Test("A zone costs an octet an endpoint, and its name once a slice")
    func size() throws {
        func record(keepsZones: Bool) throws -> SliceRecord {
            let slice = EndpointSlice(
                metadata: ObjectMetadata(name: "s", namespace: "ns"), serviceName: "s",
                endpoints: (1...100).map { .at("10.0.0.\($0)", zone: "zone-\($0 % 3)") }, ports: [.http])
            return try #require(SliceRecord(slice, usesPodNames: false, keepsZones: keepsZones))
        }
        #expect(try record(keepsZones: true).endpoints.count == record(keepsZones: false).endpoints.count + 100)
        #expect(try record(keepsZones: true).groupNames.count == 3)
        #expect(MemoryLayout<EndpointTable.Item>.stride == 12)
    }

    @Test("A zone that is no domain name is none", arguments: ["", ".", "a..b", String(repeating: "a", count: 64)])
    func oddZones(_ zone: String) throws {
        var fixture = ClusterFixture.zonal
        fixture.add("odd", in: "testns")
        fixture.slice("odd", in: "testns", [.at("10.0.0.1", zone: zone)])
        #expect(try fixture.ask("odd.testns.svc", .A).answers.count == 1)
        #expect(try fixture.ask("a.b.pin._zone.odd.testns.svc", .A) == ClusterFixture.noData())
        #expect(try fixture.ask("a.b.prefer._zone.odd.testns.svc", .A).answers.count == 1)
    }
}
