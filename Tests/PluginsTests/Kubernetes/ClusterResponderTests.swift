import DNSWire
import KubernetesClient
import Testing

@testable import Plugins

@Suite("Answers from a snapshot")
struct ClusterResponderTests {
    private func fixture(_ build: (inout ClusterFixture) -> Void) -> ClusterFixture {
        var fixture = ClusterFixture()
        fixture.namespaces = ["ns"]
        build(&fixture)
        return fixture
    }

    // MARK: SRV

    @Test("Ports that make the same SRV record come once, and each still counts for the weight")
    func equalPorts() throws {
        let fixture = fixture {
            $0.add(
                "dns", in: "ns", ["10.96.0.10"],
                ports: [
                    .init(name: "dns", number: 53, transport: .udp), .init(name: "dns-tcp", number: 53),
                    .init(name: "metrics", number: 9153),
                ])
        }
        #expect(
            try fixture.ask("dns.ns.svc", .SRV).answers == [
                "dns.ns.svc.cluster.local. 5 IN SRV 0 33 53 dns.ns.svc.cluster.local.",
                "dns.ns.svc.cluster.local. 5 IN SRV 0 33 9153 dns.ns.svc.cluster.local.",
            ])
    }

    @Test(
        "Port and transport are matched with and without underscore, whatever the type; empty ones match any",
        arguments: [
            ("_dns._udp", true), ("dns.udp", true), ("_dns.udp", true), ("_dns._tcp", false), ("_53._udp", false),
            ("_._udp", true), ("_dns._", true), ("_._tcp", false), ("_nope._udp", false), ("_d._udp", false),
        ])
    func portLabels(_ labels: String, _ exists: Bool) throws {
        let fixture = fixture {
            $0.add("dns", in: "ns", ["10.96.0.10"], ports: [.init(name: "dns", number: 53, transport: .udp)])
            $0.add("hdls", in: "ns")
            $0.slice("hdls", in: "ns", ports: [.init(name: "dns", number: 53, transport: .udp)], [.at("10.0.0.1")])
        }
        for service in ["dns", "hdls"] {
            for type in [RecordType.SRV, .A] {
                let reply = try fixture.ask("\(labels).\(service).ns.svc", type)
                #expect((reply.code == "NOERROR" && !reply.answers.isEmpty) == exists, "\(service) \(type)")
            }
        }
    }

    @Test("A port without a number has addresses and no SRV record")
    func portWithoutNumber() throws {
        let fixture = fixture {
            $0.add("hdls", in: "ns")
            $0.slice("hdls", in: "ns", ports: [.init(name: "any", number: nil)], [.at("10.0.0.1", "a")])
            $0.add("bare", in: "ns", ["10.96.0.1"], ports: [])
        }
        #expect(try fixture.ask("hdls.ns.svc", .A).answers.count == 1)
        #expect(try fixture.ask("_any._tcp.hdls.ns.svc", .A).answers.count == 1)
        #expect(try fixture.ask("a.hdls.ns.svc", .SRV) == ClusterFixture.noData())
        #expect(try fixture.ask("bare.ns.svc", .A).answers.count == 1)
        #expect(try fixture.ask("bare.ns.svc", .SRV) == ClusterFixture.noData())
        #expect(try fixture.ask("_http._tcp.bare.ns.svc", .SRV) == ClusterFixture.nameError())
    }

    @Test("Slices with different ports make one view: addresses once, every port")
    func differentPorts() throws {
        let fixture = fixture {
            $0.add("web", in: "ns")
            $0.slice("web", in: "ns", number: 1, ports: [.http], [.at("10.0.0.1"), .at("10.0.0.2")])
            $0.slice("web", in: "ns", number: 2, ports: [.init(name: "https", number: 443)], [.at("10.0.0.2")])
        }
        #expect(
            try fixture.ask("web.ns.svc", .A).answers == [
                "web.ns.svc.cluster.local. 5 IN A 10.0.0.1", "web.ns.svc.cluster.local. 5 IN A 10.0.0.2",
            ])
        let reply = try fixture.ask("web.ns.svc", .SRV)
        #expect(
            reply.answers.map { $0.split(separator: " ").suffix(4).joined(separator: " ") } == [
                "0 33 443 10-0-0-2.web.ns.svc.cluster.local.", "0 33 80 10-0-0-1.web.ns.svc.cluster.local.",
                "0 33 80 10-0-0-2.web.ns.svc.cluster.local.",
            ])
        #expect(reply.extras.count == 2)
        #expect(try fixture.ask("_https._tcp.web.ns.svc", .A).answers.count == 1)
        #expect(try fixture.ask("2.0.0.10.in-addr.arpa.cluster.local.", .PTR) == ClusterFixture.nameError())
    }

    @Test("An endpoint's SRV records name the endpoint itself, also below a service with a cluster address")
    func endpointServices() throws {
        let fixture = fixture {
            $0.add("web", in: "ns", ["10.96.0.1"])
            $0.slice("web", in: "ns", [.at("10.0.0.1", "Web-0"), .at("2001:db8::")])
        }
        #expect(
            try fixture.ask("web-0.web.ns.svc", .SRV)
                == .init(
                    code: "NOERROR",
                    answers: ["web-0.web.ns.svc.cluster.local. 5 IN SRV 0 100 80 web-0.web.ns.svc.cluster.local."],
                    extras: ["web-0.web.ns.svc.cluster.local. 5 IN A 10.0.0.1"]))
        #expect(try fixture.ask("2001-db8--0.web.ns.svc", .AAAA).answers.count == 1)
        #expect(try fixture.ask("web.ns.svc", .AAAA) == ClusterFixture.noData())
    }

    @Test("A reply with thousands of SRV records is sound, whatever did not fit", arguments: [300, 2_000])
    func manyEndpoints(_ count: Int) throws {
        let fixture = fixture { fixture in
            fixture.add("big", in: "ns")
            fixture.slice(
                "big", in: "ns",
                (0..<count).map { .at("10.1.\($0 / 250).\($0 % 250)", "a-rather-long-name-of-an-endpoint-\($0)") })
        }
        let reply = try fixture.ask("big.ns.svc", .SRV)
        #expect(reply.answers.allSatisfy { $0.contains(" SRV 0 1 80 a-rather-long-name-of-an-endpoint-") })
        if count == 300 {
            #expect(reply.answers.count == count && reply.extras.count == count)
            #expect(
                reply.extras.contains(
                    "a-rather-long-name-of-an-endpoint-299.big.ns.svc.cluster.local. 5 IN A 10.1.1.49"))
        } else {
            #expect(reply.answers.count > 500 && reply.answers.count < count && reply.extras.isEmpty)
        }
    }

    @Test("A service with more ports than fit into a message is answered without harm")
    func manyPorts() throws {
        let fixture = fixture { fixture in
            fixture.add(
                "wide", in: "ns", ["10.96.0.1"],
                ports: (1...2_500).map { .init(name: "p\($0)", number: UInt16($0)) })
        }
        let reply = try fixture.ask("wide.ns.svc", .SRV)
        #expect(reply.code == "NOERROR" && reply.answers.count > 1_000)
    }

    @Test("In a zone with a long name, what would be longer than a name may be is left out; the rest is answered")
    func longNames() throws {
        let label = String(repeating: "x", count: 63)
        var fixture = fixture {
            $0.add("web", in: "ns")
            $0.slice("web", in: "ns", [.at("10.0.0.1", label), .at("10.0.0.2", "a")])
            $0.slice("long", in: "ns", [.at("10.0.0.3", label)])
        }
        fixture.zones = [Array(repeating: String(repeating: "z", count: 47), count: 4).joined(separator: ".") + "."]
        fixture.zones.append("in-addr.arpa.")
        let reply = try fixture.ask("web.ns.svc", .SRV)
        #expect(reply.answers.map { $0.contains("SRV 0 50 80 a.web.") } == [true] && reply.extras.count == 1)
        #expect(try fixture.ask("web.ns.svc", .A).answers.count == 2)
        #expect(try fixture.ask("2.0.0.10.in-addr.arpa.", .PTR).answers.count == 1)
        for name in ["1.0.0.10.in-addr.arpa.", "3.0.0.10.in-addr.arpa."] {
            #expect(try fixture.ask(name, .PTR) == ClusterFixture.nameError("in-addr.arpa."))
        }
    }

    @Test("RFC 4343: host names of endpoints that differ in case are one name, and its records come once (RFC 2181 §5)")
    func caseOfHostnames() throws {
        let fixture = fixture {
            $0.zones.append("in-addr.arpa.")
            $0.add("web", in: "ns")
            $0.slice("web", in: "ns", [.at("10.0.0.1", "DB-0"), .at("10.0.0.1", "db-0"), .at("10.0.0.2", "Db-0")])
            $0.slice("web", in: "ns", number: 2, [.at("10.0.0.1", "dB-0"), .at("10.0.0.2", "db-0")])
            $0.slice("web", in: "ns", number: 3, ports: [.init(name: "alt", number: 80)], [.at("10.0.0.1", "DB-0")])
        }
        let name = "db-0.web.ns.svc.cluster.local."
        #expect(try fixture.ask("DB-0.web.ns.svc", .A).answers.count == 2)
        let services = try fixture.ask("web.ns.svc", .SRV)
        #expect(services.answers.count == 1 && services.answers.allSatisfy { $0.hasSuffix(" 80 \(name)") })
        #expect(services.extras == ["\(name) 5 IN A 10.0.0.1", "\(name) 5 IN A 10.0.0.2"])
        #expect(try fixture.ask("1.0.0.10.in-addr.arpa.", .PTR).answers.count == 1)
    }

    // MARK: Aliases

    @Test("An alias within the zone brings what it stands for, through other aliases; a dead end brings nothing")
    func aliases() throws {
        let fixture = fixture {
            $0.add("web", in: "ns", ["10.96.0.1"])
            $0.add("hdls", in: "ns")
            $0.slice("hdls", in: "ns", [.at("10.0.0.1", "a")])
            $0.add("one", in: "ns", external: "Two.ns.svc.cluster.local")
            $0.add("two", in: "ns", external: "web.ns.svc.cluster.local.")
            $0.add("many", in: "ns", external: "hdls.ns.svc.cluster.local")
            $0.add("single", in: "ns", external: "a.hdls.ns.svc.cluster.local")
            $0.add("none", in: "ns", external: "nope.ns.svc.cluster.local")
            $0.add("apex", in: "ns", external: "cluster.local")
            $0.add("self", in: "ns", external: "self.ns.svc.cluster.local")
            $0.add("below", in: "ns", external: "x.below.ns.svc.cluster.local")
            $0.add("ping", in: "ns", external: "pong.ns.svc.cluster.local")
            $0.add("pong", in: "ns", external: "ping.ns.svc.cluster.local")
            $0.add("address", in: "ns", external: "192.0.2.1")
        }
        let zone = "ns.svc.cluster.local."
        #expect(
            try fixture.ask("one.ns.svc", .A).answers == [
                "Two.\(zone) 5 IN CNAME web.\(zone)", "one.\(zone) 5 IN CNAME Two.\(zone)",
                "web.\(zone) 5 IN A 10.96.0.1",
            ])
        #expect(
            try fixture.ask("many.ns.svc", .A).answers == [
                "hdls.\(zone) 5 IN A 10.0.0.1", "many.\(zone) 5 IN CNAME hdls.\(zone)",
            ])
        #expect(
            try fixture.ask("single.ns.svc", .A).answers == [
                "a.hdls.\(zone) 5 IN A 10.0.0.1", "single.\(zone) 5 IN CNAME a.hdls.\(zone)",
            ])
        for name in ["none", "apex", "self", "below", "ping", "pong"] {
            #expect(try fixture.ask("\(name).ns.svc", .A) == ClusterFixture.noData(), "\(name)")
            #expect(try fixture.ask("\(name).ns.svc", .CNAME).answers.count == 1, "\(name)")
        }
        #expect(try fixture.ask("address.ns.svc", .A) == ClusterFixture.nameError())
    }

    @Test("A chain has at most eleven aliases", arguments: [(11, true), (12, false)])
    func longChain(_ length: Int, _ isAnswered: Bool) throws {
        let fixture = fixture { fixture in
            fixture.add("web", in: "ns", ["10.96.0.1"])
            for number in 1...length {
                let target = number == 1 ? "web" : "alias-\(number - 1)"
                fixture.add("alias-\(number)", in: "ns", external: "\(target).ns.svc.cluster.local")
            }
        }
        let reply = try fixture.ask("alias-\(length).ns.svc", .A)
        #expect(reply == ClusterFixture.noData() || isAnswered)
        #expect(reply.answers.count == (isAnswered ? length + 1 : 0))
    }

    // MARK: Names

    @Test(
        "Names that have no meaning do not exist, however long",
        arguments: [
            "a.b.c.d.web.ns.svc", "_http._tcp.x.web.ns.svc", "web.ns.foo", "web.ns", "ns", "_tcp.web.ns.svc", "dns",
            "x.ns.dns", "web.ns.svc.svc", String(repeating: "a.", count: 110) + "svc",
        ])
    func meaningless(_ name: String) throws {
        let fixture = fixture { $0.add("web", in: "ns", ["10.96.0.1"]) }
        #expect(try fixture.ask(name, .A) == ClusterFixture.nameError())
    }

    @Test("The longest zone that a name is in answers, and a root zone answers for everything")
    func zones() throws {
        var fixture = fixture { $0.add("web", in: "ns", ["10.96.0.1"]) }
        fixture.zones = ["local.", "cluster.local."]
        #expect(try fixture.ask("web.ns.svc.cluster.local.", .A).answers.count == 1)
        #expect(try fixture.ask("web.ns.svc.local.", .A).answers.count == 1)
        #expect(try fixture.ask("nope.cluster.local.", .A).authorities == [ClusterFixture.authority("cluster.local.")])
        fixture.zones = ["."]
        #expect(try fixture.ask("web.ns.svc.", .A).answers.count == 1)
        #expect(
            try fixture.ask("1.0.96.10.in-addr.arpa.", .PTR).answers == ["1.0.96.10.in-addr.arpa. 5 IN PTR web.ns.svc."]
        )
    }

    @Test("PTR: endpoints of a service that does not exist are known, a cluster address goes before endpoints")
    func pointers() throws {
        var fixture = fixture {
            $0.add("web", in: "ns", ["10.96.0.1"])
            $0.slice("ghost", in: "ns", [.at("10.0.0.1"), .at("10.96.0.1")])
        }
        fixture.zones = ["cluster.local.", "in-addr.arpa."]
        #expect(
            try fixture.ask("1.0.0.10.in-addr.arpa.", .PTR).answers == [
                "1.0.0.10.in-addr.arpa. 5 IN PTR 10-0-0-1.ghost.ns.svc.cluster.local."
            ])
        #expect(
            try fixture.ask("1.0.96.10.in-addr.arpa.", .PTR).answers == [
                "1.0.96.10.in-addr.arpa. 5 IN PTR web.ns.svc.cluster.local."
            ])
        #expect(try fixture.ask("ghost.ns.svc", .A) == ClusterFixture.nameError())
        for name in ["1.0.0.010", "1.0.0", "x.1.0.0.10", "256.0.0.10", "a.0.0.10"] {
            #expect(try fixture.ask("\(name).in-addr.arpa.", .PTR) == ClusterFixture.nameError("in-addr.arpa."))
        }
    }

    @Test("Without endpoints, headless services and names of endpoints do not exist; cluster addresses do")
    func noEndpoints() throws {
        let fixture = fixture {
            $0.add("web", in: "ns", ["10.96.0.1"])
            $0.add("hdls", in: "ns")
        }
        #expect(try fixture.ask("web.ns.svc", .A).answers.count == 1)
        #expect(try fixture.ask("hdls.ns.svc", .A) == ClusterFixture.nameError())
        #expect(try fixture.ask("10-0-0-1.web.ns.svc", .A) == ClusterFixture.nameError())
    }
}
