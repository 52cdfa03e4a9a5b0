import Basics
import DNSWire
import KubernetesClient
import Testing

@testable import Plugins

/// A small cluster for tests, and questions to its snapshot without a server.
struct ClusterFixture {
    var services: [Service] = []
    var slices: [EndpointSlice] = []
    var namespaces: [String] = []
    var pods: [Pod] = []
    /// Services of several clusters, and their slices by cluster.
    var imports: [Service] = []
    var importedSlices: [(cluster: String, slice: EndpointSlice)] = []
    var zones = ["cluster.local."]
    var local: [String] = []
    var multiclusterZones: [String] = []
    var usesPodNames = false
    var keepsZones = false
    var isSynced = true
    /// Bits of the hash that are used.
    var mask = UInt64.max
    var adjust: @Sendable (inout AnswerPolicy) -> Void = { _ in }

    /// What was said to a question.
    struct Reply: Equatable, CustomStringConvertible {
        var code: String
        var answers: [String] = []
        var extras: [String] = []
        var authorities: [String] = []

        var description: String { ([code] + answers + ["+"] + extras + ["!"] + authorities).joined(separator: "\n") }
    }

    // MARK: Objects

    mutating func add(
        _ name: String, in namespace: String, _ addresses: [String] = [], ports: [Service.Port] = [.http],
        external: String? = nil
    ) {
        services.append(
            Service(
                metadata: ObjectMetadata(name: name, namespace: namespace),
                kind: external == nil ? .clusterIP : .externalName, isHeadless: addresses.isEmpty && external == nil,
                clusterIPs: addresses.compactMap { IPAddress($0) }, externalName: external ?? "", ports: ports))
    }

    mutating func slice(
        _ service: String, in namespace: String, number: Int = 1, ports: [EndpointSlice.Port] = [.http],
        _ endpoints: [EndpointSlice.Endpoint]
    ) {
        slices.append(
            EndpointSlice(
                metadata: ObjectMetadata(name: "\(service)-\(number)", namespace: namespace), serviceName: service,
                endpoints: endpoints, ports: ports))
    }

    mutating func pod(_ name: String, in namespace: String, _ address: String) {
        pods.append(
            Pod(metadata: ObjectMetadata(name: name, namespace: namespace), podIP: IPAddress(address)))
    }

    // MARK: Questions

    var snapshot: ClusterSnapshot {
        var model = ClusterModel(
            expecting: isSynced ? [] : [.pods],
            form: .init(usesPodNames: usesPodNames, keepsZones: keepsZones, keepsImports: !imports.isEmpty), mask: mask)
        model.replace(with: namespaces.map { Namespace(metadata: ObjectMetadata(name: $0)) })
        model.replace(with: services)
        model.replace(with: slices + importedSlices.map(Self.imported))
        model.replace(
            with: imports.map {
                ServiceImport(
                    metadata: $0.metadata, kind: $0.isHeadless ? .headless : .clusterSetIP, addresses: $0.clusterIPs,
                    ports: $0.ports)
            })
        for pod in pods { model.apply(.added(pod)) }
        return model.commit(serial: 1_700_000_000) ?? model.snapshot
    }

    private static func imported(_ cluster: String, _ slice: EndpointSlice) -> EndpointSlice {
        var slice = slice
        slice.metadata.name += "-from-\(cluster)"
        slice.importedService = slice.serviceName
        slice.serviceName = ""
        slice.sourceCluster = cluster
        return slice
    }

    func policy() throws -> AnswerPolicy {
        let multicluster = try multiclusterZones.map { try Name(parsing: $0) }
        var policy = try #require(
            AnswerPolicy(zones: try zones.map { try Name(parsing: $0) }, multicluster: multicluster))
        adjust(&policy)
        return policy
    }

    /// Asks `snapshot`; a name without a final dot is completed with the first zone.
    func ask(_ text: String, _ type: RecordType, _ snapshot: ClusterSnapshot? = nil) throws -> Reply {
        let asked = try Name(parsing: text.hasSuffix(".") ? text : "\(text).\(zones[0])")
        let (name, policy, writer) = (asked.lowercased, try policy(), MessageWriter())
        writer.begin(id: 1, flags: .init(rawValue: MessageHeader.Flags.response))
        writer.append(Question(asked, type))
        guard let zone = policy.zone(of: name.wire.span) else { return Reply(code: "in none of the zones") }
        let responder = ClusterResponder(policy)
        let question = ClusterQuestion(
            name: name.wire.span, asked: asked.wire.span, zoneStart: zone.start, isInReverseZone: zone.isReverse,
            isInMulticlusterZone: zone.isMulticluster, type: type)
        let snapshot = snapshot ?? self.snapshot
        let local = local.compactMap { IPAddress($0) }
        var code = ResponseCode.noError
        switch responder.answer(question, from: snapshot, into: writer, localAddresses: { local }) {
        case .records:
            break
        case .alias(let chain):
            responder.write(chain, into: writer)
        case .noData:
            responder.writeAuthority(question, snapshot.serial, into: writer, section: .authority)
        case .nameError:
            code = .nameError
            responder.writeAuthority(question, snapshot.serial, into: writer, section: .authority)
        }
        writer.finish()
        let message = try Message(decoding: writer.bytes)
        return Reply(
            code: code.description, answers: message.answers.map(\.text).sorted(),
            extras: message.additionals.map(\.text).sorted(), authorities: message.authorities.map(\.text))
    }

    /// The SOA record of a zone, as negative answers have it.
    static func authority(_ zone: String = "cluster.local.", ttl: Int = 5) -> String {
        "\(zone) \(min(ttl, 300)) IN SOA ns.dns.\(zone) hostmaster.\(zone) 1700000000 7200 1800 86400 \(ttl)"
    }

    static func noData(_ zone: String = "cluster.local.") -> Reply {
        Reply(code: "NOERROR", authorities: [authority(zone)])
    }

    static func nameError(_ zone: String = "cluster.local.") -> Reply {
        Reply(code: "NXDOMAIN", authorities: [authority(zone)])
    }
}

extension Service.Port {
    static let http = Service.Port(name: "http", number: 80)
}

extension EndpointSlice.Port {
    static let http = EndpointSlice.Port(name: "http", number: 80)
}

extension EndpointSlice.Endpoint {
    /// A ready endpoint with one address.
    static func at(
        _ address: String, _ hostname: String = "", pod: String = "", zone: String = "", isReady: Bool = true
    ) -> Self {
        Self(
            addresses: [IPAddress(address)].compactMap { $0 }, hostname: hostname,
            targetName: pod, zone: zone, isReady: isReady)
    }
}

extension ClusterFixture {
    /// The cluster of CoreDNS's unit tests.
    static let unit: ClusterFixture = {
        var fixture = ClusterFixture()
        fixture.namespaces = ["testns", "podns", "unexposedns"]
        fixture.adjust = { $0.namespaces = ["testns", "podns"].compactMap(WireLabel.encode) }
        fixture.add("svc1", in: "testns", ["10.0.0.1"])
        fixture.slice("svc1", in: "testns", [.at("172.0.0.1", "ep1a")])
        fixture.add("svcempty", in: "testns", ["10.0.0.1"])
        fixture.add("svc6", in: "testns", ["1234:abcd::1"])
        fixture.add("svc-dual-stack", in: "testns", ["10.0.0.3", "10::3"])
        fixture.add("hdls1", in: "testns")
        fixture.slice(
            "hdls1", in: "testns",
            [
                .at("172.0.0.2"), .at("172.0.0.3"), .at("172.0.0.4", "dup-name"), .at("172.0.0.5", "dup-name"),
            ])
        fixture.slice("hdls1", in: "testns", number: 2, [.at("5678:abcd::1"), .at("5678:abcd::2")])
        fixture.add("hdlsprtls", in: "testns", ports: [])
        fixture.slice("hdlsprtls", in: "testns", ports: [], [.at("172.0.0.20")])
        fixture.add("external", in: "testns", external: "ext.interwebs.test")
        fixture.add("external-to-service", in: "testns", external: "svc1.testns.svc.cluster.local")
        fixture.add("svc1", in: "unexposedns", ["10.0.0.2"])
        fixture.slice("svc1", in: "unexposedns", [.at("172.0.0.9")])
        fixture.pod("foo", in: "podns", "10.240.0.1")
        return fixture
    }()

    /// The cluster of CoreDNS's tests of reverse names.
    static let reverse: ClusterFixture = {
        var fixture = ClusterFixture()
        fixture.namespaces = ["testns"]
        fixture.zones = [
            "cluster.local.", "0.10.in-addr.arpa.", "168.192.in-addr.arpa.", "d.c.b.a.4.3.2.1.ip6.arpa.",
            "0.3.0.0.7.7.0.0.0.0.d.f.ip6.arpa.",
        ]
        fixture.add("svc1", in: "testns", ["192.168.1.100"])
        fixture.slice("svc1", in: "testns", number: 1, [.at("10.0.0.100", "ep1a"), .at("10.0.0.99", "double-ep")])
        fixture.slice(
            "svc1", in: "testns", number: 2,
            [
                .at("1234:abcd::1", "ep1b"), .at("fd00:77:30::a", "ip6svc1ex"),
                .at("fd00:77:30::2:9ba6", "ip6svc1in"),
            ])
        fixture.slice("svc1", in: "testns", number: 3, [.at("10.0.0.100", "ep1a")])
        fixture.add("svc2", in: "testns", ["192.168.1.101"])
        fixture.slice("svc2", in: "testns", [.at("10.0.0.99", "double-ep")])
        return fixture
    }()

    /// The cluster of CoreDNS's unit tests as one of a set of clusters.
    static let clusterset: ClusterFixture = {
        var fixture = ClusterFixture.unit
        fixture.zones = ["clusterset.local.", "cluster.local."]
        fixture.multiclusterZones = ["clusterset.local."]
        fixture.imports = fixture.services.filter { $0.kind != .externalName }
        fixture.importedSlices = fixture.slices.map { ("cluster1", $0) }
        fixture.slice(
            "hdls1", in: "testns", number: 3, [.at("172.0.0.2"), .at("172.0.0.6", "dup-name"), .at("172.0.0.7", "own")])
        fixture.importedSlices += [("Cluster2", fixture.slices.removeLast())]
        fixture.importedSlices.append(
            (
                "",
                EndpointSlice(
                    metadata: ObjectMetadata(name: "stray", namespace: "testns"), serviceName: "hdls1",
                    endpoints: [.at("172.0.0.8", "stray")], ports: [.http])
            ))
        return fixture
    }()

    /// A headless service in several topology zones, and one with a cluster address.
    static let zonal: ClusterFixture = {
        var fixture = ClusterFixture()
        fixture.namespaces = ["testns"]
        fixture.keepsZones = true
        fixture.adjust = { $0.isZonal = true }
        fixture.zones = ["cluster.local.", "in-addr.arpa."]
        fixture.add("hdls", in: "testns")
        fixture.slice(
            "hdls", in: "testns",
            [
                .at("172.0.0.1", zone: "us-west-2a"), .at("172.0.0.2", zone: "us-west-2b"),
                .at("172.0.0.3", zone: "US-West-2B"), .at("172.0.0.4", zone: "corp.example.com"), .at("172.0.0.5"),
            ])
        fixture.slice("hdls", in: "testns", number: 2, [.at("2001:db8::1", zone: "us-west-2a")])
        fixture.add("clstr", in: "testns", ["10.0.0.10"])
        fixture.slice("clstr", in: "testns", [.at("172.0.1.1", zone: "us-west-2a")])
        fixture.add("drained", in: "testns")
        fixture.add("external", in: "testns", external: "ext.interwebs.test")
        return fixture
    }()

    /// The cluster of CoreDNS's integration tests.
    static let integration: ClusterFixture = {
        var fixture = ClusterFixture()
        fixture.namespaces = ["test-1", "test-2", "test-3", "kube-system"]
        fixture.zones = ["cluster.local.", "in-addr.arpa.", "ip6.arpa."]
        let https = Service.Port(name: "https", number: 443)
        fixture.add("svc-1-a", in: "test-1", ["10.96.0.100"], ports: [.http, https])
        fixture.slice(
            "svc-1-a", in: "test-1", ports: [.http, .init(name: "https", number: 443)],
            [.at("172.17.0.253", "svc-1-a")])
        fixture.add("svc-c", in: "test-2", ["10.96.0.120"])
        fixture.add("svc-d", in: "test-2", ["10.96.0.121"])
        fixture.slice("svc-d", in: "test-2", [.at("172.17.0.252")])
        let udp = EndpointSlice.Port(name: "c-port", number: 1234, transport: .udp)
        fixture.add("headless-svc", in: "test-1", ports: [.init(name: "c-port", number: 1234, transport: .udp)])
        fixture.slice(
            "headless-svc", in: "test-1", ports: [udp],
            [.at("172.17.0.255", "headless-svc-1"), .at("172.17.0.254", "headless-svc-2")])
        fixture.slice(
            "headless-svc", in: "test-1", number: 2, ports: [udp],
            [.at("1234:abcd::1", "headless-svc-3"), .at("1234:abcd::2", "headless-svc-4")])
        fixture.add("svc-unready", in: "test-1")
        fixture.slice("svc-unready", in: "test-1", [.at("172.17.0.251", isReady: false)])
        fixture.add("headless-1", in: "test-3")
        fixture.slice("headless-1", in: "test-3", [.at("172.17.0.249", pod: "test-name")])
        fixture.add("headless-2", in: "test-3")
        fixture.slice(
            "headless-2", in: "test-3",
            [.at("172.17.0.248", pod: "test-name-that-is-much-longer-than-a-label-of-the-domain-name-system-may-be")])
        fixture.add("kube-dns", in: "kube-system", ["10.96.0.10"], ports: [.init(name: "dns", number: 53)])
        fixture.slice(
            "kube-dns", in: "kube-system", ports: [.init(name: "dns", number: 53)], [.at("172.17.0.2")])
        fixture.usesPodNames = true
        return fixture
    }()
}
