import Basics
import Corefile
import DNSServer
import DNSWire
import KubernetesClient
import Testing

@testable import Plugins

/// A reply as it is compared: code, answers sorted, additional records sorted, the types of the authority section.
private struct Reply: Equatable, CustomStringConvertible {
    var code = ResponseCode.noError
    var answers: [String] = []
    var extras: [String] = []
    var authorities: [RecordType] = []

    static let noData = Reply(authorities: [.SOA])
    static let nameError = Reply(code: .nameError, authorities: [.SOA])

    var description: String { "\(code) \(answers) + \(extras) ! \(authorities)" }
}

/// What is asked with all options at their defaults but `headless`, and what is said.
private let table: [(String, RecordType, Reply)] = [
    ("svc1.testns.example.com", .A, Reply(answers: ["svc1.testns.example.com. 5 IN A 1.2.3.4"])),
    ("svc1.testns.example.com", .AAAA, .noData),
    ("svc1.testns.example.com", .TXT, .noData),
    (
        "svc1.testns.example.com", .SRV,
        Reply(
            answers: ["svc1.testns.example.com. 7 IN SRV 0 100 80 svc1.testns.example.com."],
            extras: ["svc1.testns.example.com. 5 IN A 1.2.3.4"])
    ),
    (
        "_http._tcp.svc1.testns.example.com", .SRV,
        Reply(
            answers: ["_http._tcp.svc1.testns.example.com. 7 IN SRV 0 100 80 svc1.testns.example.com."],
            extras: ["svc1.testns.example.com. 5 IN A 1.2.3.4"])
    ),
    ("http.tcp.svc1.testns.example.com", .A, Reply(answers: ["http.tcp.svc1.testns.example.com. 5 IN A 1.2.3.4"])),
    ("_http._not-udp-or-tcp.svc1.testns.example.com", .SRV, .nameError),
    ("any.svc1.testns.example.com", .A, Reply(answers: ["any.svc1.testns.example.com. 5 IN A 1.2.3.4"])),
    ("a.b.c.svc1.testns.example.com", .A, .nameError),
    ("svc6.testns.example.com", .AAAA, Reply(answers: ["svc6.testns.example.com. 5 IN AAAA 1:2::5"])),
    ("svc0.testns.example.com", .A, .nameError),
    ("svc0.svc-nons.example.com", .A, .nameError),
    ("testns.example.com", .A, .noData),
    ("testns.example.com", .SOA, .noData),
    ("plain.testns.example.com", .A, .nameError),
    ("hidden.hiddenns.example.com", .A, .nameError),
    // Endpoints, with `headless`.
    (
        "headless.testns.example.com", .A,
        Reply(answers: [
            "headless.testns.example.com. 5 IN A 1.2.3.4", "headless.testns.example.com. 5 IN A 1.2.3.5",
        ])
    ),
    (
        "_http._tcp.headless.testns.example.com", .SRV,
        Reply(
            answers: [
                "_http._tcp.headless.testns.example.com. 7 IN SRV 0 50 80 ep-0.headless.testns.example.com.",
                "_http._tcp.headless.testns.example.com. 7 IN SRV 0 50 80 ep-1.headless.testns.example.com.",
            ],
            extras: [
                "ep-0.headless.testns.example.com. 5 IN A 1.2.3.4", "ep-1.headless.testns.example.com. 5 IN A 1.2.3.5",
            ])
    ),
    ("_x._tcp.headless.testns.example.com", .A, .nameError),
    ("ep-0.headless.testns.example.com", .A, Reply(answers: ["ep-0.headless.testns.example.com. 5 IN A 1.2.3.4"])),
    ("_ep-0.headless.testns.example.com", .A, Reply(answers: ["_ep-0.headless.testns.example.com. 5 IN A 1.2.3.4"])),
    (
        "ep-1.headless.testns.example.com", .SRV,
        Reply(
            answers: ["ep-1.headless.testns.example.com. 7 IN SRV 0 100 80 ep-1.headless.testns.example.com."],
            extras: ["ep-1.headless.testns.example.com. 5 IN A 1.2.3.5"])
    ),
    ("ep-2.headless.testns.example.com", .A, .nameError),
    ("ep-9.plain.testns.example.com", .A, Reply(answers: ["ep-9.plain.testns.example.com. 5 IN A 1.2.3.9"])),
    ("_http._tcp.plain.testns.example.com", .A, .nameError),
    // Reverse names.
    ("4.3.2.1.in-addr.arpa", .PTR, Reply(answers: ["4.3.2.1.in-addr.arpa. 5 IN PTR svc1.testns.example.com."])),
    ("8.3.2.1.in-addr.arpa", .PTR, .nameError),
    ("9.3.2.1.in-addr.arpa", .PTR, .nameError),
    ("svc1.testns.example.com", .PTR, .noData),
    ("svc0.testns.example.com", .PTR, .nameError),
    // The zone's own names.
    (
        "example.com", .SOA,
        Reply(answers: [
            "example.com. 5 IN SOA ns1.dns.example.com. hostmaster.dns.example.com. 9 7200 1800 86400 5"
        ])
    ),
    ("example.com", .NS, Reply(answers: ["example.com. 5 IN NS ns1.dns.example.com."])),
    ("example.com", .A, .noData),
    ("dns.example.com", .A, .noData),
    ("ns1.dns.example.com", .A, .noData),
    ("ns1.dns.example.com", .TXT, .noData),
    ("ns2.dns.example.com", .A, .nameError),
    ("a.ns1.dns.example.com", .A, .nameError),
]

@Suite("The k8s_external plugin")
struct K8sExternalPluginTests {
    /// The cluster that is asked.
    static let cluster: ClusterFixture = {
        var fixture = ClusterFixture()
        fixture.namespaces = ["testns", "hiddenns"]
        fixture.add("plain", in: "testns", ["10.0.0.2"])
        fixture.slice("plain", in: "testns", [.at("1.2.3.9", "ep-9")])
        fixture.add("headless", in: "testns")
        fixture.slice("headless", in: "testns", [.at("1.2.3.4", "ep-0"), .at("1.2.3.5", "ep-1")])
        fixture.services += [
            service("svc1", addresses: ["1.2.3.4"]), service("svc6", addresses: ["1:2::5"]),
            service("balanced", hostnames: ["lb.example.net"]),
            service("hidden", in: "hiddenns", addresses: ["1.2.3.8"]),
        ]
        return fixture
    }()

    static func service(
        _ name: String, in namespace: String = "testns", addresses: [String] = [], hostnames: [String] = []
    ) -> Service {
        Service(
            metadata: ObjectMetadata(name: name, namespace: namespace), clusterIPs: [IPAddress(ipv4: 0x0A00_0001)],
            ports: [.http], externalIPs: addresses.compactMap { IPAddress($0) }, loadBalancerHostnames: hostnames)
    }

    /// A block in front of a plugin that says what `next` does.
    private func bench(
        _ options: String = "headless", synced: Bool = true,
        next: @escaping @Sendable (Query) -> Verdict = { _ in .fail(QueryFailure(.refused)) }
    ) throws -> PluginBench {
        let bench = try PluginBench(
            """
            . {
                k8s_external example.com in-addr.arpa {
                    \(options)
                }
                kubernetes cluster.local {
                    endpoint http://127.0.0.1:1
                    namespaces testns
                    ttl 7
                }
                erratic
            }

            """, [K8sExternalPlugin.definition, KubernetesPlugin.definition, ScriptedPlugin.definition(next)])
        let snapshot = Self.cluster.snapshot
        let publisher = try bench.plugin(KubernetesPlugin.self).source.state.publisher
        publisher.publish(
            ClusterSnapshot(
                services: snapshot.services, namespaces: snapshot.namespaces,
                servicesByAddress: snapshot.servicesByAddress,
                servicesByExternalAddress: snapshot.servicesByExternalAddress, serial: 1, externalSerial: 9,
                isSynced: synced))
        return bench
    }

    @Test("names, types and parts of the zone are answered as by CoreDNS", arguments: table.indices)
    func answers(_ row: Int) throws {
        let (name, type, expected) = table[row]
        let message = try #require(try bench().ask(name, type))
        let reply = Reply(
            code: message.responseCode, answers: message.answers.map(\.text).sorted(),
            extras: message.additionals.map(\.text).sorted(), authorities: message.authorities.map(\.type))
        #expect(reply == expected, "\(name) \(type)")
        #expect(message.flags.isAuthoritative)
    }

    @Test("without `headless` endpoints have no names")
    func withoutHeadless() throws {
        let bench = try bench("ttl 60")
        for name in [
            "headless.testns.example.com", "ep-0.headless.testns.example.com", "ep-9.plain.testns.example.com",
        ] {
            #expect(try bench.ask(name)?.responseCode == .nameError, "\(name)")
        }
        #expect(try bench.ask("svc1.testns.example.com")?.answers.map(\.ttl) == [60])
    }

    @Test("the zone comes back in the case it was asked in")
    func keepsCase() throws {
        let reply = try #require(try bench().ask("Svc1.TestNS.Example.COM", .SRV))
        #expect(
            reply.answers.map(\.text) == ["Svc1.TestNS.Example.COM. 7 IN SRV 0 100 80 svc1.testns.Example.COM."])
    }

    @Test("unknown names go on with `fallthrough`, names without data and the zone's own do not")
    func passesOn() throws {
        let bench = try bench("fallthrough example.com")
        #expect(try bench.ask("svc0.testns.example.com")?.responseCode == .refused)
        #expect(try bench.ask("svc1.testns.example.com", .AAAA)?.responseCode == .noError)
        #expect(try bench.ask("ns2.dns.example.com")?.responseCode == .nameError)
        #expect(try bench.ask("9.9.9.9.in-addr.arpa", .PTR)?.responseCode == .nameError)
        #expect(try bench.ask("svc1.testns.svc.cluster.local")?.responseCode != .refused)
        #expect(try bench.ask("example.org")?.responseCode == .refused)
    }

    @Test("as long as the state is not known, unknown names are SERVFAIL and do not go on")
    func unsynced() throws {
        let bench = try bench("fallthrough", synced: false)
        let reply = try #require(try bench.ask("svc0.testns.example.com"))
        #expect(reply.responseCode == .serverFailure && reply.authorities.map(\.type) == [.SOA])
        #expect(try bench.ask("svc1.testns.example.com")?.answers.count == 1)
    }

    @Test("zone transfers are refused", arguments: [RecordType.AXFR, .IXFR])
    func transfers(_ type: RecordType) throws {
        let reply = try #require(try bench().ask("example.com", type))
        #expect(reply.responseCode == .refused && reply.answers.isEmpty)
    }

    @Test(
        "a load balancer's host name is an alias, and what the server says of it follows; SRV leads to it",
        arguments: [RecordType.A, .AAAA, .SRV, .TXT])
    func hostnames(_ type: RecordType) async throws {
        let bench = try bench { query in
            query.beginReply(.noError)
            if query.type == .A {
                query.appendAddress()
            }
            return .reply
        }
        let reply = try #require(try await bench.askOnWorker("balanced.testns.example.com", type))
        let alias = "balanced.testns.example.com. 7 IN CNAME lb.example.net."
        let service = "balanced.testns.example.com. 7 IN SRV 0 100 80 lb.example.net."
        let address = "lb.example.net. 60 IN A 192.0.2.9"
        let answers: [RecordType: [String]] = [.A: [alias, address], .AAAA: [alias], .SRV: [service]]
        #expect(reply.answers.map(\.text) == answers[type] ?? [])
        #expect(reply.additionals.map(\.text) == (type == .SRV ? [address] : []))
        #expect(reply.authorities.map(\.type) == (type == .TXT ? [.SOA] : []))
    }

    @Test(
        "RFC 6604 §3: the code is that of the host name, unless another one or the service itself has an address",
        arguments: [
            ("balanced", RecordType.A, ResponseCode.serverFailure, 1), ("balanced", .SRV, .noError, 1),
            ("mixed", .A, .noError, 2), ("mixed", .AAAA, .serverFailure, 1), ("twofold", .A, .noError, 3),
        ])
    func hostnameCodes(_ name: String, _ type: RecordType, _ code: ResponseCode, _ count: Int) async throws {
        let bench = try bench { query in
            guard query.ownedName.text == "well.example.net." else { return .fail(QueryFailure(.serverFailure)) }
            query.beginReply()
            query.appendAddress()
            return .reply
        }
        var fixture = Self.cluster
        fixture.services += [
            Self.service("mixed", addresses: ["1.2.3.7"], hostnames: ["lb.example.net"]),
            Self.service("twofold", hostnames: ["well.example.net", "lb.example.net", "LB.example.net"]),
        ]
        try bench.plugin(KubernetesPlugin.self).source.state.publisher.publish(fixture.snapshot)
        let reply = try #require(try await bench.askOnWorker("\(name).testns.example.com", type))
        #expect(reply.responseCode == code && reply.answers.count == count)
    }

    @Test(
        "RFC 2181 §5: what a service has twice, or two host names lead to, is answered once",
        arguments: [RecordType.A, .SRV])
    func once(_ type: RecordType) async throws {
        let bench = try bench { query in
            query.beginReply()
            guard query.type == .A else { return .reply }
            let target = Name(uncheckedWire: Array("\u{4}same\u{4}test\u{0}".utf8))
            let record = query.reply.beginRecord(ownerAt: MessageHeader.length, type: .CNAME, ttl: 60)
            query.reply.append(name: target.wire.span)
            query.reply.endRecord(record)
            if let address = IPAddress("192.0.2.9") {
                Record(target, .A, ttl: 60, .a(address)).encode(into: query.reply)
            }
            return .reply
        }
        var fixture = Self.cluster
        fixture.services += [
            Self.service("double", addresses: ["1.2.3.7", "1.2.3.7"]),
            Self.service("twofold", hostnames: ["a.test", "b.test"]),
        ]
        try bench.plugin(KubernetesPlugin.self).source.state.publisher.publish(fixture.snapshot)
        #expect(try bench.ask("double.testns.example.com")?.answers.count == 1)
        #expect(try bench.ask("7.3.2.1.in-addr.arpa", .PTR)?.answers.count == 1)
        let reply = try #require(try await bench.askOnWorker("twofold.testns.example.com", type))
        let records = type == .A ? reply.answers : reply.additionals
        #expect(records.filter { $0.type == .A }.map(\.text) == ["same.test. 60 IN A 192.0.2.9"])
        #expect(records.count == (type == .A ? 5 : 3))
    }

    @Test("the name server has the external addresses of the services the server is in, else its own")
    func serverAddresses() throws {
        var fixture = Self.cluster
        fixture.slice("svc1", in: "testns", [.at("172.17.0.2")])
        fixture.slice("headless", in: "testns", number: 2, [.at("172.17.0.2")])
        let snapshot = fixture.snapshot
        func addresses(_ local: String, headless: Bool) throws -> [String] {
            let zone = try #require(ExternalZone(try Name(parsing: "example.com"), apex: try Name(parsing: "dns")))
            let responder = ExternalResponder(
                zones: [zone], primaryZone: zone.name, servesHeadless: headless, ttl: 5, policy: try fixture.policy())
            return responder.serverAddresses(snapshot, [IPAddress(local)].compactMap { $0 }).addresses.map {
                $0.description
            }
        }
        #expect(try addresses("172.17.0.2", headless: false) == ["1.2.3.4"])
        #expect(try addresses("172.17.0.2", headless: true) == ["1.2.3.4", "1.2.3.5", "172.17.0.2"])
        #expect(try addresses("172.17.0.3", headless: true) == ["172.17.0.3"])
    }

    @Test("a new set of endpoints or services is seen by the next query")
    func changes() throws {
        let bench = try bench()
        #expect(try bench.ask("later.testns.example.com")?.responseCode == .nameError)
        var fixture = Self.cluster
        fixture.services.append(Self.service("later", addresses: ["192.0.2.77"]))
        try bench.plugin(KubernetesPlugin.self).source.state.publisher.publish(fixture.snapshot)
        #expect(try bench.ask("later.testns.example.com")?.answers.count == 1)
    }

    @Test("without kubernetes in the block the configuration is a mistake, at its place")
    func needsKubernetes() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try PluginBench(". {\n    k8s_external example.com\n}\n", [K8sExternalPlugin.definition])
        }
        #expect(error?.message == "kubernetes plugin not loaded")
        #expect(error?.line == 2 && error?.column == 5)
    }

    @Test(
        "mistakes have CoreDNS's words",
        arguments: [
            ("k8s_external a {\n ttl 3601\n}", "ttl must be in range [0, 3600]: 3601"),
            ("k8s_external a {\n ttl -1\n}", "ttl must be in range [0, 3600]: -1"),
            ("k8s_external a {\n ttl x\n}", #"strconv.Atoi: parsing "x": invalid syntax"#),
            ("k8s_external a {\n apex\n}", "Wrong argument count or unexpected line ending after 'apex'"),
            ("k8s_external a {\n apex a..b\n}", "'a..b' is no domain name"),
            ("k8s_external a {\n upstream\n}", "unknown property 'upstream'"),
            ("k8s_external a\nk8s_external b", "this plugin can only be used once per Server Block"),
        ])
    func mistakes(_ text: String, _ message: String) throws {
        #expect(try mistake(in: text, K8sExternalConfiguration.directive, K8sExternalConfiguration()) == message)
    }

    @Test("the parts of a zone, also with an apex of two labels")
    func parts() throws {
        let zone = try #require(ExternalZone(try Name(parsing: "Example.com"), apex: try Name(parsing: "x.Dns")))
        func part(_ text: String) throws -> ExternalZone.Part {
            let name = try Name(parsing: text)
            return zone.part(of: name.wire.span)
        }
        #expect(try part("example.com") == .apex)
        #expect(try part("x.dns.example.com") == .node)
        #expect(try part("ns1.x.dns.example.com") == .nameServer)
        #expect(try part("ns2.x.dns.example.com") == .nothing)
        #expect(try part("nss1.x.dns.example.com") == .nothing)
        #expect(try part("dns.example.com") == .service)
    }
}

@Suite("Services by their addresses from outside of the cluster")
struct ExternalAddressTests {
    @Test("an address leads to its service as long as the service has it, and to each that has it")
    func index() throws {
        let (first, second) = (IPAddress(ipv4: 1), IPAddress(ipv4: 2))
        for mask in [UInt64.max, 0] {
            var model = ClusterModel(expecting: [], mask: mask)
            func names(_ address: IPAddress, _ serial: UInt32) -> [String] {
                let snapshot = model.commit(serial: serial) ?? model.snapshot
                return snapshot.externalServices(at: address).map { WireLabel.text($0.wire) }.sorted()
            }
            model.apply(.added(K8sExternalPluginTests.service("a", addresses: ["0.0.0.1", "0.0.0.2"])))
            model.apply(.added(K8sExternalPluginTests.service("b", addresses: ["0.0.0.2"])))
            #expect(names(first, 10) == ["a.testns."])
            #expect(names(second, 11) == ["a.testns.", "b.testns."])
            model.apply(.modified(K8sExternalPluginTests.service("a", addresses: ["0.0.0.1"])))
            #expect(names(second, 12) == ["b.testns."])
            model.apply(.deleted(K8sExternalPluginTests.service("b")))
            #expect(names(second, 13) == [] && names(first, 14) == ["a.testns."])
            #expect(model.snapshot.servicesByExternalAddress.slots(of: second).isEmpty)
        }
    }

    @Test("the serial follows what is reached from outside, and nothing else")
    func serial() {
        var model = ClusterModel(expecting: [])
        model.apply(.added(K8sExternalPluginTests.service("a", addresses: ["0.0.0.1"])))
        #expect(model.commit(serial: 10)?.externalSerial == 10)
        model.apply(.added(K8sExternalPluginTests.service("b")))
        #expect(model.commit(serial: 11)?.externalSerial == 10)
        model.apply(.modified(K8sExternalPluginTests.service("a", addresses: ["0.0.0.2"])))
        #expect(model.commit(serial: 12)?.externalSerial == 12)
    }

    @Test("a service without anything of it costs nothing; names that are none are passed over")
    func facts() throws {
        #expect(ServiceFacts(K8sExternalPluginTests.service("a")).external == nil)
        #expect(ServiceFacts(K8sExternalPluginTests.service("a", hostnames: ["a..b"])).external == nil)
        let facts = ServiceFacts(
            K8sExternalPluginTests.service("a", addresses: ["1.2.3.4", "1.2.3.4"], hostnames: ["x.y", "X.Y"]))
        #expect(facts.externalAddresses.count == 1 && facts.external?.hostnames.count == 1)
    }
}
