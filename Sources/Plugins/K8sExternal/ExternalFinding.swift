import DNSWire

/// What stands at a name of `k8s_external`, whatever the type asked for.
enum ExternalFinding {
    /// Nothing: the name does not exist.
    case nothing
    /// A namespace: a name that exists because of those below it.
    case node
    /// A service that is reached from outside of the cluster, and those of its ports that are meant.
    case service(ServiceView, ExternalFacts, PortTable, PortFilter)
    /// Endpoints of a service, at least one, sorted by address.
    case endpoints(ServiceView, EndpointTable, [EndpointTable.Item], PortFilter)
}

extension ClusterSnapshot {
    /// Finds what stands at the question's name.
    ///
    /// The grammar, in front of the zone: NAMESPACE; SERVICE.NAMESPACE; ENDPOINT.SERVICE.NAMESPACE;
    /// PORT.TRANSPORT.SERVICE.NAMESPACE. Where a service has an external address, the endpoint's label is not looked at, as in
    /// CoreDNS.
    ///
    /// - Complexity: O(log n), and O(n) in endpoints where the service is one of them.
    func findExternal(_ question: ClusterQuestion, _ policy: AnswerPolicy, servesHeadless: Bool) -> ExternalFinding {
        guard (1...4).contains(question.labelCount) else { return .nothing }
        let namespace = question.label(fromZone: 0)..<question.zoneStart
        guard policy.shows(question.name, namespace), namespaces.find(question.name, namespace) != nil else {
            return .nothing
        }
        if question.labelCount == 1 { return .node }
        let range = question.label(fromZone: 1)..<question.zoneStart
        guard let view = services.find(question.name, range), let facts = view.facts else { return .nothing }
        let filter =
            question.labelCount == 4
            ? PortFilter(question.name, port: question.label(fromZone: 3), transport: question.label(fromZone: 2))
            : .all
        if let external = facts.external {
            guard facts.ports.next(after: nil, filter, question.name) != nil else { return .nothing }
            return .service(view, external, facts.ports, filter)
        }
        guard servesHeadless, facts.kind == .headless || question.labelCount == 3, let endpoints = view.endpoints
        else { return .nothing }
        let items = endpoints.items(question, filter)
        return items.isEmpty ? .nothing : .endpoints(view, endpoints, items, filter)
    }
}

extension EndpointTable {
    /// The items that the question's labels in front of the service mean.
    fileprivate func items(_ question: ClusterQuestion, _ filter: PortFilter) -> [Item] {
        switch question.labelCount {
        case 2:
            return Array(items)
        case 3:
            let label = Self.withoutUnderscore(question.name, question.label(fromZone: 2))
            return places(of: label.span, at: 0).map { indexedItem($0) }
        default:
            let isMeant = portTables.map { $0.next(after: nil, filter, question.name) != nil }
            return items.filter { isMeant[Int($0.ports)] }
        }
    }

    /// The label at `start` with its length octet; an underscore before it is not looked at, as in CoreDNS.
    private static func withoutUnderscore(_ name: Span<UInt8>, _ start: Int) -> ContiguousArray<UInt8> {
        let length = Int(name[start])
        let skipped = length > 1 && name[start &+ 1] == UInt8(ascii: "_") ? 1 : 0
        var label: ContiguousArray<UInt8> = [UInt8(truncatingIfNeeded: length &- skipped)]
        for index in start &+ 1 &+ skipped..<start &+ 1 &+ length { label.append(name[index]) }
        return label
    }
}
