import Basics
import DNSWire
import KubernetesClient
import Testing

@testable import Plugins

@Suite("From events to snapshots")
struct ClusterModelTests {
    /// The objects that the events add up to.
    private struct World {
        var services: [ObjectKey: Service] = [:]
        var slices: [ObjectKey: EndpointSlice] = [:]
        var namespaces: [ObjectKey: Namespace] = [:]
        var pods: [ObjectKey: Pod] = [:]

        func fresh(mask: UInt64) -> ClusterSnapshot {
            var model = ClusterModel(expecting: Set(ClusterModel.Resource.allCases), mask: mask)
            model.replace(with: Array(slices.values))
            model.replace(with: Array(pods.values))
            model.replace(with: Array(services.values))
            model.replace(with: Array(namespaces.values))
            return model.commit(serial: 1) ?? model.snapshot
        }
    }

    private static let namespaces = ["a", "b", "c"]

    private static func metadata(_ kind: String, _ chance: inout Chance) -> ObjectMetadata {
        ObjectMetadata(
            name: "\(kind)\(Int.random(in: 0..<12, using: &chance))",
            namespace: namespaces.randomElement(using: &chance) ?? "a")
    }

    private static func address(_ chance: inout Chance) -> IPAddress {
        let number = UInt32.random(in: 0..<40, using: &chance)
        return Bool.random(using: &chance)
            ? IPAddress(ipv4: 0x0A00_0000 | number) : IPAddress(high: 0xFD00 << 48, low: UInt64(number))
    }

    private static func service(_ chance: inout Chance) -> Service {
        let metadata = metadata("s", &chance)
        switch Int.random(in: 0..<4, using: &chance) {
        case 0: return Service(metadata: metadata, isHeadless: true, ports: [.http])
        case 1: return Service(metadata: metadata, kind: .externalName, externalName: "x.test")
        default: return Service(metadata: metadata, clusterIPs: [address(&chance), address(&chance)], ports: [.http])
        }
    }

    private static func slice(_ chance: inout Chance) -> EndpointSlice {
        let endpoints = (0..<Int.random(in: 0..<6, using: &chance)).map { _ in
            EndpointSlice.Endpoint(
                addresses: [address(&chance)], hostname: ["", "", "h0", "h1"].randomElement(using: &chance) ?? "",
                isReady: Int.random(in: 0..<4, using: &chance) > 0)
        }
        // A slice can change to another service.
        return EndpointSlice(
            metadata: metadata("slice", &chance), serviceName: "s\(Int.random(in: 0..<12, using: &chance))",
            endpoints: endpoints, ports: Bool.random(using: &chance) ? [.http] : [])
    }

    private static func pod(_ chance: inout Chance) -> Pod {
        var metadata = metadata("p", &chance)
        metadata.isTerminating = Int.random(in: 0..<8, using: &chance) == 0
        return Pod(
            metadata: metadata, podIP: Int.random(in: 0..<8, using: &chance) == 0 ? nil : address(&chance),
            phase: [.running, .running, .pending, .failed].randomElement(using: &chance) ?? .running)
    }

    private static func event<Resource: KubernetesResource>(
        _ all: inout [ObjectKey: Resource], _ object: Resource, _ chance: inout Chance
    ) -> [ResourceEvent<Resource>] {
        let key = object.metadata.key
        switch Int.random(in: 0..<40, using: &chance) {
        case 0:
            all = all.filter { _ in Int.random(in: 0..<3, using: &chance) > 0 }
            all[key] = object
            // A list in pages, after one that broke off.
            let objects = Array(all.values)
            let half = objects.count / 2
            return [
                .listBegan, .listed(Array(objects[..<half])), .listBegan, .listed(Array(objects[..<half])),
                .listed(Array(objects[half...])), .listEnded(resourceVersion: ""),
            ]
        case 1:
            return [.bookmark(resourceVersion: "1")]
        case 2..<14:
            return [.deleted(all.removeValue(forKey: key) ?? object)]
        default:
            return [all.updateValue(object, forKey: key) == nil ? .added(object) : .modified(object)]
        }
    }

    private static func step(_ model: inout ClusterModel, _ world: inout World, _ chance: inout Chance) {
        switch Int.random(in: 0..<10, using: &chance) {
        case 0:
            let name = namespaces.randomElement(using: &chance) ?? "a"
            let namespace = Namespace(metadata: ObjectMetadata(name: name))
            for event in event(&world.namespaces, namespace, &chance) { model.apply(event) }
        case 1, 2:
            for event in event(&world.pods, pod(&chance), &chance) { model.apply(event) }
        case 3, 4, 5:
            for event in event(&world.services, service(&chance), &chance) { model.apply(event) }
        default:
            for event in event(&world.slices, slice(&chance), &chance) { model.apply(event) }
        }
    }

    @Test(
        "Any row of events leads to the snapshot that the same objects make afresh, also when names collide",
        arguments: [(UInt64(1), UInt64.max), (2, .max), (3, 0x7), (4, 0)])
    func randomEvents(_ seed: UInt64, _ mask: UInt64) {
        var chance = Chance(state: seed)
        var world = World()
        var model = ClusterModel(expecting: [], mask: mask)
        for number in 1...3_000 {
            Self.step(&model, &world, &chance)
            guard number % 3 == 0 else { continue }
            if number % 60 == 0 { model.expire(now: .seconds(3600)) }
            _ = model.commit(serial: 1)
            guard number % 60 == 0 else { continue }
            let (left, right) = (model.snapshot.lines, world.fresh(mask: mask).lines)
            #expect(left == right, "after \(number) events")
            guard left == right else { return }
        }
    }

    @Test("A snapshot that is held does not change with later ones")
    func persistence() {
        let fixture = ClusterFixture.unit
        var model = ClusterModel(expecting: [])
        model.replace(with: fixture.services)
        model.replace(with: fixture.slices)
        let held = model.commit(serial: 1)
        let lines = held?.lines
        for slice in fixture.slices { model.apply(.deleted(slice)) }
        model.replace(with: [Service]())
        #expect(model.commit(serial: 2)?.lines == [])
        #expect(held?.lines == lines && lines?.isEmpty == false)
    }

    @Test("The state is known when each kind of object has been told of as a whole, and stays so")
    func sync() {
        var model = ClusterModel(expecting: [.services, .namespaces])
        model.apply(.added(Service(metadata: ObjectMetadata(name: "a", namespace: "b"))))
        model.replace(with: [Namespace]())
        #expect(model.commit(serial: 1)?.isSynced == false)
        model.replace(with: [Service]())
        #expect(model.commit(serial: 2)?.isSynced == true)
        model.replace(with: [Service]())
        #expect(model.commit(serial: 3) == nil)
        #expect(model.snapshot.isSynced && model.snapshot.serial == 2)
    }

    @Test("What changes nothing that is answered makes no new snapshot")
    func irrelevantChanges() {
        var fixture = ClusterFixture()
        fixture.add("web", in: "ns", ["10.96.0.1"])
        fixture.slice("web", in: "ns", [.at("10.0.0.1"), .at("10.0.0.2", isReady: false)])
        var model = ClusterModel(expecting: [])
        model.replace(with: fixture.services)
        model.replace(with: fixture.slices)
        #expect(model.commit(serial: 1) != nil)
        fixture.services[0].metadata.resourceVersion = "2"
        fixture.slices[0].endpoints[0].zone = "zone-1"
        fixture.slices[0].endpoints[1] = .at("10.0.0.3", isReady: false)
        model.apply(.modified(fixture.services[0]))
        model.apply(.modified(fixture.slices[0]))
        #expect(!model.hasChanges && model.commit(serial: 2) == nil)
    }

    @Test("Pods on the host's network share their address: it is theirs until the last one has gone")
    func sharedAddresses() throws {
        var model = ClusterModel(expecting: [])
        let pods = ["a", "b"].map {
            Pod(metadata: ObjectMetadata(name: $0, namespace: "ns"), podIP: IPAddress("192.0.2.1"))
        }
        for pod in pods { model.apply(.added(pod)) }
        model.apply(.deleted(pods[0]))
        let address = try #require(IPAddress("192.0.2.1"))
        #expect(model.commit(serial: 1)?.podNamespaces.slots(of: address).count == 1)
        model.apply(.deleted(pods[1]))
        #expect(model.commit(serial: 2)?.podNamespaces.slots(of: address).isEmpty == true)
    }

    @Test("Objects whose names cannot be asked for are passed over")
    func impossibleNames() {
        var model = ClusterModel(expecting: [])
        let long = String(repeating: "x", count: 64)
        model.apply(.added(Service(metadata: ObjectMetadata(name: long, namespace: "ns"))))
        model.apply(.added(Service(metadata: ObjectMetadata(name: "a", namespace: ""))))
        model.apply(.added(EndpointSlice(metadata: ObjectMetadata(name: "s", namespace: "ns"), serviceName: "")))
        model.apply(.added(Namespace(metadata: ObjectMetadata(name: long))))
        #expect(model.commit(serial: 1) == nil)
    }
}

extension ClusterSnapshot {
    /// The whole content as text, sorted.
    var lines: [String] {
        var lines = namespaces.entries.map { "namespace \(WireLabel.text($0.wire))" }
        var addresses: Set<IPAddress> = []
        for view in services.entries {
            let name = WireLabel.text(view.wire)
            if let facts = view.facts {
                lines.append("service \(name) \(facts.kind) \(facts.addresses.addresses) \(facts.ports.octets)")
                addresses.formUnion(facts.addresses.addresses)
            }
            for item in view.endpoints?.items ?? [] {
                guard let endpoints = view.endpoints else { continue }
                let address = endpoints.addresses[Int(item.address)]
                let ports = endpoints.portTables[Int(item.ports)].octets
                lines.append("endpoint \(name) \(address) \(Array(endpoints.label(item))) \(ports)")
                addresses.insert(address)
            }
        }
        // Both what must be in the indices and what must not.
        for number in UInt32(0)..<64 {
            addresses.insert(IPAddress(ipv4: 0x0A00_0000 | number))
            addresses.insert(IPAddress(high: 0xFD00 << 48, low: UInt64(number)))
        }
        for address in addresses {
            lines += services(at: address).map { "address \(address) \(WireLabel.text($0.wire))" }
            lines.append("slots \(address) \(servicesByAddress.slots(of: address)) \(podNamespaces.slots(of: address))")
        }
        return lines.filter { !$0.hasSuffix(" [] []") }.sorted()
    }
}
