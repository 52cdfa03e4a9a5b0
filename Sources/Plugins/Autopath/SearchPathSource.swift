import DNSServer
import DNSWire

/// Finds out which search path a query comes from, for one worker.
enum SearchPathSource {
    /// The same for all askers.
    case list([Name])
    /// That of the pod that asks: NAMESPACE.svc.ZONE, svc.ZONE, ZONE, and those of the machine.
    case cluster(AnswerPolicy, ClusterView, machine: [Name])

    /// The search path of which `query`'s name has the first domain; nil when it has not.
    func path(for query: Query) -> SearchPath? {
        switch self {
        case .list(let domains):
            guard let first = domains.first, let start = suffixStart(of: query.name, under: first.wire.span) else {
                return nil
            }
            return SearchPath(query.askedName, base: start, domains: Array(domains.dropFirst()))
        case .cluster(let policy, let view, let machine):
            return Self.path(for: query, policy, view, machine)
        }
    }

    /// The namespace is read from the name and held against the asker's pods, so that one address in several namespaces (pods on
    /// the host's network) is no riddle.
    private static func path(
        for query: Query, _ policy: AnswerPolicy, _ view: ClusterView, _ machine: [Name]
    ) -> SearchPath? {
        guard let zone = policy.zone(of: query.name) else { return nil }
        let name = query.name
        guard let namespace = serviceNamespace(name, zone: zone.start), namespace.lowerBound > 0,
            let address = query.client.address,
            view.current.hasPod(at: address, in: name, namespace)
        else { return nil }
        let domains = [name.copy(namespace.upperBound..<name.count), name.copy(zone.start..<name.count)]
        return SearchPath(
            query.askedName, base: namespace.lowerBound, domains: domains.map { Name(uncheckedWire: $0) } + machine)
    }

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

extension Query {
    /// The question's name in the asker's case, in wire form.
    fileprivate var askedName: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let span = message.extracting(MessageHeader.length..<MessageHeader.length + name.count)
            return span
        }
    }
}
