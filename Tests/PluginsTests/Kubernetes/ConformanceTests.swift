import DNSWire
import Testing

@testable import Plugins

/// One question to a cluster and what must be said.
struct ConformanceRow: Sendable, CustomTestStringConvertible {
    let number: Int
    let name: String
    let type: RecordType
    let expected: ClusterFixture.Reply

    var testDescription: String { "\(number): \(name) \(type)" }

    init(_ number: Int, _ name: String, _ type: RecordType, _ expected: ClusterFixture.Reply) {
        self.number = number
        self.name = name
        self.type = type
        self.expected = expected
    }

    /// A row whose records have the asked name as owner unless they begin with another.
    init(_ number: Int, _ name: String, _ type: RecordType, _ answers: [String], extras: [String] = []) {
        let owner = name.hasSuffix(".") ? name : "\(name).cluster.local."
        self.init(
            number, name, type,
            ClusterFixture.Reply(
                code: "NOERROR", answers: answers.map { $0.replacing("@", with: owner) }.sorted(),
                extras: extras.map { $0.replacing("@", with: owner) }.sorted()))
    }
}

/// The rows follow the conformance table of the DNS specification's implementations: the unit tests (fixtures `unit` and `reverse`) and
/// the integration tests (fixture `integration`) of CoreDNS.
@Suite("Kubernetes DNS specification 1.1.0, as CoreDNS answers it")
struct ConformanceTests {
    private static let svc1 = "svc1.testns.svc.cluster.local."
    private static let hdls1 = "hdls1.testns.svc.cluster.local."

    private static let unitRows: [ConformanceRow] = [
        .init(1, "svc1.testns.svc", .A, ["@ 5 IN A 10.0.0.1"]),
        .init(2, "svcempty.testns.svc", .A, ["@ 5 IN A 10.0.0.1"]),
        .init(3, "svc1.testns.svc", .SRV, ["@ 5 IN SRV 0 100 80 @"], extras: ["@ 5 IN A 10.0.0.1"]),
        .init(4, "svcempty.testns.svc", .SRV, ["@ 5 IN SRV 0 100 80 @"], extras: ["@ 5 IN A 10.0.0.1"]),
        .init(5, "svc6.testns.svc", .SRV, ["@ 5 IN SRV 0 100 80 @"], extras: ["@ 5 IN AAAA 1234:abcd::1"]),
        .init(
            6, "_http._tcp.svc1.testns.svc", .SRV, ["@ 5 IN SRV 0 100 80 \(svc1)"], extras: ["\(svc1) 5 IN A 10.0.0.1"]),
        .init(
            7, "_http._tcp.svcempty.testns.svc", .SRV, ["@ 5 IN SRV 0 100 80 svcempty.testns.svc.cluster.local."],
            extras: ["svcempty.testns.svc.cluster.local. 5 IN A 10.0.0.1"]),
        .init(8, "hdls1.testns.svc", .A, (2...5).map { "@ 5 IN A 172.0.0.\($0)" }),
        .init(9, "hdls1.testns.svc", .AAAA, ["@ 5 IN AAAA 5678:abcd::1", "@ 5 IN AAAA 5678:abcd::2"]),
        .init(10, "hdlsprtls.testns.svc", .A, ["@ 5 IN A 172.0.0.20"]),
        .init(10, "hdlsprtls.testns.svc", .SRV, ClusterFixture.noData()),
        .init(11, "svc1.testns.svc", .AAAA, ClusterFixture.noData()),
        .init(12, "svc6.testns.svc", .AAAA, ["@ 5 IN AAAA 1234:abcd::1"]),
        .init(13, "svc0.testns.svc", .A, ClusterFixture.nameError()),
        .init(13, "svc0.testns.svc", .AAAA, ClusterFixture.nameError()),
        .init(14, "svc0.svc-nons.svc", .A, ClusterFixture.nameError()),
        .init(14, "svc0.svc-nons.svc", .TXT, ClusterFixture.nameError()),
        .init(15, "dns-version", .TXT, ["@ 28800 IN TXT \"1.1.0\""]),
        .init(15, "dns-version", .A, ClusterFixture.nameError()),
        .init(16, "svc1.testns.svc", .TXT, ClusterFixture.noData()),
        .init(17, "svc1.testns.svc", .SOA, ClusterFixture.noData()),
        .init(18, "bogusendpoint.hdls1.testns.svc", .A, ClusterFixture.nameError()),
        .init(19, "bogusendpoint.svc0.testns.svc", .A, ClusterFixture.nameError()),
        .init(
            20, "_http._tcp.svc6.testns.svc", .SRV, ["@ 5 IN SRV 0 100 80 svc6.testns.svc.cluster.local."],
            extras: ["svc6.testns.svc.cluster.local. 5 IN AAAA 1234:abcd::1"]),
        .init(21, "svc", .A, ClusterFixture.noData()),
        .init(21, "svc", .NS, ClusterFixture.noData()),
        .init(22, "pod", .A, ClusterFixture.noData()),
        .init(23, "testns.svc", .A, ClusterFixture.noData()),
        .init(23, "testns.svc", .NS, ClusterFixture.noData()),
        .init(24, "foo", .NS, ClusterFixture.nameError()),
        .init(25, "foo.svc", .NS, ClusterFixture.nameError()),
        .init(26, "svc-dual-stack.testns.svc", .A, ["@ 5 IN A 10.0.0.3"]),
        .init(27, "svc-dual-stack.testns.svc", .AAAA, ["@ 5 IN AAAA 10::3"]),
        .init(
            28, "svc-dual-stack.testns.svc", .SRV, ["@ 5 IN SRV 0 50 80 @"],
            extras: ["@ 5 IN A 10.0.0.3", "@ 5 IN AAAA 10::3"]),
        .init(29, "endpoint.external.testns.svc", .CNAME, ClusterFixture.nameError()),
        .init(30, "subdomain.subdomain.external.testns.svc", .CNAME, ClusterFixture.nameError()),
        .init(
            31, "_http._tcp.hdls1.testns.svc", .SRV,
            ["172-0-0-2", "172-0-0-3", "5678-abcd--1", "5678-abcd--2", "dup-name"].map {
                "@ 5 IN SRV 0 16 80 \($0).\(hdls1)"
            },
            extras: [
                "172-0-0-2.\(hdls1) 5 IN A 172.0.0.2", "172-0-0-3.\(hdls1) 5 IN A 172.0.0.3",
                "5678-abcd--1.\(hdls1) 5 IN AAAA 5678:abcd::1", "5678-abcd--2.\(hdls1) 5 IN AAAA 5678:abcd::2",
                "dup-name.\(hdls1) 5 IN A 172.0.0.4", "dup-name.\(hdls1) 5 IN A 172.0.0.5",
            ]),
        .init(32, "5678-abcd--2.hdls1.testns.svc", .AAAA, ["@ 5 IN AAAA 5678:abcd::2"]),
        .init(33, "172-0-0-20.hdlsprtls.testns.svc", .A, ["@ 5 IN A 172.0.0.20"]),
        .init(34, "172-0-0-2.hdls1.testns.svc", .A, ["@ 5 IN A 172.0.0.2"]),
        .init(34, "172-0-0-2.hdls1.testns.svc", .AAAA, ClusterFixture.noData()),
        .init(35, "dup-name.hdls1.testns.svc", .A, ["@ 5 IN A 172.0.0.4", "@ 5 IN A 172.0.0.5"]),
        .init(36, "external.testns.svc", .CNAME, ["@ 5 IN CNAME ext.interwebs.test."]),
        .init(37, "external.testns.svc", .A, ["@ 5 IN CNAME ext.interwebs.test."]),
        .init(37, "external.testns.svc", .SRV, ClusterFixture.noData()),
        .init(
            38, "external-to-service.testns.svc", .A, ["@ 5 IN CNAME \(svc1)", "\(svc1) 5 IN A 10.0.0.1"]),
        .init(38, "external-to-service.testns.svc", .AAAA, ClusterFixture.noData()),
        .init(39, "svc1.unexposedns.svc", .A, ClusterFixture.nameError()),
        .init(40, "svc1.nsnoexist.svc", .A, ClusterFixture.nameError()),
        .init(44, "SvC1.TeStNs.SvC.cLuStEr.LoCaL.", .A, ["@ 5 IN A 10.0.0.1"]),
        .init(
            45, "_HtTp._TcP.sVc1.TeStNs.SvC.cLuStEr.LoCaL.", .SRV,
            ["@ 5 IN SRV 0 100 80 svc1.testns.svc.cLuStEr.LoCaL."],
            extras: ["svc1.testns.svc.cLuStEr.LoCaL. 5 IN A 10.0.0.1"]),
        .init(46, "not-a-service.testns.svc.ClUsTeR.lOcAl.", .A, ClusterFixture.nameError("ClUsTeR.lOcAl.")),
        .init(47, "Cluster.local.", .SOA, [ClusterFixture.authority("Cluster.local.")]),
        .init(49, "cluster.local.", .A, ClusterFixture.noData()),
        .init(49, "cluster.local.", .AAAA, ClusterFixture.noData()),
        .init(49, "cluster.local.", .SRV, ClusterFixture.noData()),
        .init(49, "cluster.local.", .HINFO, ClusterFixture.noData()),
        .init(50, "10-240-0-1.podns.pod", .A, ClusterFixture.nameError()),
        .init(50, "podns.pod", .A, ClusterFixture.nameError()),
        .init(64, "example.org.cluster.local.", .PTR, ClusterFixture.nameError()),
        .init(65, "svc1.testns.svc", .PTR, ClusterFixture.noData()),
        .init(97, "cluster.local.", .TXT, ClusterFixture.nameError()),
        .init(97, "svc", .TXT, ClusterFixture.nameError()),
        .init(99, "*.testns.svc", .A, ClusterFixture.nameError()),
        .init(99, "any.testns.svc", .A, ClusterFixture.nameError()),
    ]

    @Test("Services, endpoints and aliases", arguments: unitRows)
    func services(_ row: ConformanceRow) throws {
        #expect(try ClusterFixture.unit.ask(row.name, row.type) == row.expected)
    }

    @Test(
        "Names of pods, unverified",
        arguments: [
            ConformanceRow(51, "10-240-0-1.podns.pod", .A, ["@ 5 IN A 10.240.0.1"]),
            .init(51, "10-240-0-1.podns.pod", .AAAA, ClusterFixture.noData()),
            .init(51, "2001-db8--1.podns.pod", .AAAA, ["@ 5 IN AAAA 2001:db8::1"]),
            .init(52, "172-0-0-2.podns.pod", .A, ["@ 5 IN A 172.0.0.2"]),
            .init(53, "blah.podns.pod", .A, ClusterFixture.nameError()),
            .init(53, "blah.podns.pod", .AAAA, ClusterFixture.nameError()),
            .init(53, "blah.podns.pod", .HINFO, ClusterFixture.nameError()),
            .init(53, "1-2-3.podns.pod", .A, ClusterFixture.nameError()),
            .init(53, "1-2-3-256.podns.pod", .A, ClusterFixture.nameError()),
            .init(53, "01-2-3-4.podns.pod", .A, ClusterFixture.nameError()),
            .init(54, "blah.pod-nons.pod", .A, ClusterFixture.nameError()),
            .init(55, "podns.pod", .A, ClusterFixture.noData()),
            .init(98, "foo.10-240-0-1.podns.pod", .A, ["@ 5 IN A 10.240.0.1"]),
            .init(98, "b.foo.10-240-0-1.podns.pod", .A, ["@ 5 IN A 10.240.0.1"]),
            .init(98, "c.b.foo.10-240-0-1.podns.pod", .A, ClusterFixture.nameError()),
        ])
    func podsInsecure(_ row: ConformanceRow) throws {
        var fixture = ClusterFixture.unit
        fixture.adjust = { $0.pods = .insecure }
        #expect(try fixture.ask(row.name, row.type) == row.expected)
    }

    @Test(
        "Names of pods, verified",
        arguments: [
            ConformanceRow(56, "10-240-0-1.podns.pod", .A, ["@ 5 IN A 10.240.0.1"]),
            .init(56, "10-240-0-1.testns.pod", .A, ClusterFixture.nameError()),
            .init(57, "172-0-0-2.podns.pod", .A, ClusterFixture.nameError()),
            .init(57, "172-0-0-2.podns.pod", .TXT, ClusterFixture.nameError()),
            .init(57, "10-240-0-1.podns.pod", .TXT, ClusterFixture.noData()),
            .init(58, "pod-nons.pod", .A, ClusterFixture.nameError()),
        ])
    func podsVerified(_ row: ConformanceRow) throws {
        var fixture = ClusterFixture.unit
        fixture.adjust = { $0.pods = .verified }
        #expect(try fixture.ask(row.name, row.type) == row.expected)
    }

    @Test(
        "`ignore empty_service` hides services without ready endpoints, but neither headless ones nor aliases",
        arguments: [
            ConformanceRow(42, "svcempty.testns.svc", .A, ClusterFixture.nameError()),
            .init(42, "svc1.testns.svc", .A, ["@ 5 IN A 10.0.0.1"]),
            .init(43, "external.testns.svc", .CNAME, ["@ 5 IN CNAME ext.interwebs.test."]),
        ])
    func emptyServices(_ row: ConformanceRow) throws {
        var fixture = ClusterFixture.unit
        fixture.adjust = { $0.hidesEmptyServices = true }
        #expect(try fixture.ask(row.name, row.type) == row.expected)
    }

    @Test(
        "Reverse names",
        arguments: [
            ConformanceRow(59, "100.0.0.10.in-addr.arpa.", .PTR, ["@ 5 IN PTR ep1a.\(svc1)"]),
            .init(60, "100.1.168.192.in-addr.arpa.", .PTR, ["@ 5 IN PTR \(svc1)"]),
            .init(
                61, "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.c.b.a.4.3.2.1.ip6.arpa.", .PTR,
                ["@ 5 IN PTR ep1b.\(svc1)"]),
            .init(
                61, "a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.3.0.0.7.7.0.0.0.0.d.f.ip6.arpa.", .PTR,
                ["@ 5 IN PTR ip6svc1ex.\(svc1)"]),
            .init(
                61, "6.a.b.9.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.3.0.0.7.7.0.0.0.0.d.f.ip6.arpa.", .PTR,
                ["@ 5 IN PTR ip6svc1in.\(svc1)"]),
            .init(
                62, "99.0.0.10.in-addr.arpa.", .PTR,
                ["@ 5 IN PTR double-ep.\(svc1)", "@ 5 IN PTR double-ep.svc2.testns.svc.cluster.local."]),
            .init(63, "101.0.0.10.in-addr.arpa.", .PTR, ClusterFixture.nameError("0.10.in-addr.arpa.")),
            .init(66, "svc1.testns.svc.0.10.in-addr.arpa.", .A, ClusterFixture.nameError("0.10.in-addr.arpa.")),
            .init(66, "svc1.testns.svc.0.10.in-addr.arpa.", .AAAA, ClusterFixture.nameError("0.10.in-addr.arpa.")),
            .init(66, "svc1.testns.svc.0.10.in-addr.arpa.", .SRV, ClusterFixture.nameError("0.10.in-addr.arpa.")),
            .init(66, "100.0.0.10.in-addr.arpa.", .A, ClusterFixture.nameError("0.10.in-addr.arpa.")),
            .init(66, "0.10.in-addr.arpa.", .PTR, ClusterFixture.noData("0.10.in-addr.arpa.")),
            .init(66, "0.0.10.in-addr.arpa.", .PTR, ClusterFixture.nameError("0.10.in-addr.arpa.")),
        ])
    func reverse(_ row: ConformanceRow) throws {
        #expect(try ClusterFixture.reverse.ask(row.name, row.type) == row.expected)
    }

    @Test(
        "The cluster of the integration tests",
        arguments: [
            ConformanceRow(74, "svc-1-a.test-1.svc", .A, ["@ 5 IN A 10.96.0.100"]),
            .init(
                75, "svc-1-a.test-1.svc", .SRV, ["@ 5 IN SRV 0 50 80 @", "@ 5 IN SRV 0 50 443 @"],
                extras: ["@ 5 IN A 10.96.0.100"]),
            .init(76, "headless-svc.test-1.svc", .A, ["@ 5 IN A 172.17.0.254", "@ 5 IN A 172.17.0.255"]),
            .init(76, "headless-svc.test-1.svc", .AAAA, ["@ 5 IN AAAA 1234:abcd::1", "@ 5 IN AAAA 1234:abcd::2"]),
            .init(77, "bogusendpoint.svc-1-a.test-1.svc", .A, ClusterFixture.nameError()),
            .init(77, "svc-1-a.svc-1-a.test-1.svc", .A, ["@ 5 IN A 172.17.0.253"]),
            .init(78, "svc-unready.test-1.svc", .A, ClusterFixture.nameError()),
            .init(81, "100.0.96.10.in-addr.arpa.", .PTR, ["@ 5 IN PTR svc-1-a.test-1.svc.cluster.local."]),
            .init(82, "253.0.17.172.in-addr.arpa.", .PTR, ["@ 5 IN PTR svc-1-a.svc-1-a.test-1.svc.cluster.local."]),
            .init(
                83, "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.c.b.a.4.3.2.1.ip6.arpa.", .PTR,
                ["@ 5 IN PTR headless-svc-3.headless-svc.test-1.svc.cluster.local."]),
            .init(
                85, "headless-1.test-3.svc", .SRV, ["@ 5 IN SRV 0 100 80 test-name.@"],
                extras: ["test-name.@ 5 IN A 172.17.0.249"]),
            .init(
                86, "headless-2.test-3.svc", .SRV, ["@ 5 IN SRV 0 100 80 172-17-0-248.@"],
                extras: ["172-17-0-248.@ 5 IN A 172.17.0.248"]),
        ])
    func integration(_ row: ConformanceRow) throws {
        #expect(try ClusterFixture.integration.ask(row.name, row.type) == row.expected)
    }

    @Test(
        "`namespaces` hides the reverse names of other namespaces (row 84)",
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

    @Test("Apex NS names the services that this server is an endpoint of (row 79)")
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

    @Test("Apex NS of a server that is no endpoint is `ns.dns` with its own addresses (row 48)")
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
