import DNSServer
import DNSWire

/// The search paths of a cluster's pods: NAMESPACE.svc.ZONE, svc.ZONE, ZONE, and those of the machine.
struct PodSearchPaths: SearchPaths {
    let policy: AnswerPolicy
    let view: ClusterView
    let machine: [Name]

    /// The namespace is read from the name and held against the asker's pods, so that one address in several namespaces (pods on
    /// the host's network) is no riddle.
    func path(for query: Query) -> SearchPath? {
        guard let zone = policy.zone(of: query.name) else { return nil }
        let name = query.name
        guard let namespace = Self.serviceNamespace(name, zone: zone.start), namespace.lowerBound > 0,
            let address = ClusterAddress(octets: query.client.octets),
            view.current.hasPod(at: address, in: name, namespace)
        else { return nil }
        let domains = [name.copy(namespace.upperBound..<name.count), name.copy(zone.start..<name.count)]
        return SearchPath(
            query.nameAsAsked, base: namespace.lowerBound, domains: domains.map { Name(uncheckedWire: $0) } + machine)
    }

    func retire(on worker: Worker) { view.retire(on: worker) }

    /// Where the label of the namespace lies in NAME.NAMESPACE.svc.ZONE.
    private static func serviceNamespace(_ name: Span<UInt8>, zone: Int) -> Range<Int>? {
        var position = 0
        var last = 0..<0
        while position < zone {
            let end = position + 1 + Int(name[position])
            if end == zone { break }
            last = position..<end
            position = end
        }
        guard !last.isEmpty, position + 4 == zone, name[position] == 3 else { return nil }
        let isService =
            name[position + 1] == UInt8(ascii: "s") && name[position + 2] == UInt8(ascii: "v")
            && name[position + 3] == UInt8(ascii: "c")
        return isService ? last : nil
    }
}

extension KubernetesPlugin: SearchPathProvider {
    /// Without the pods of `pods verified` nobody's search path is known.
    var knowsSearchPaths: Bool { policy.pods == .verified }

    func makeSearchPaths(for worker: Worker, machine: [Name]) -> any SearchPaths {
        PodSearchPaths(policy: policy, view: makeView(for: worker), machine: machine)
    }
}
