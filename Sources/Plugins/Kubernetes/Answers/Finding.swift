import DNSWire

/// What stands at a name, whatever the type asked for.
enum Finding {
    /// Nothing: the name does not exist.
    case nothing
    /// A name that exists because of those below it.
    case node
    /// `ns.dns`: this server.
    case nameServer
    /// A service with cluster addresses, and those of its ports that are meant.
    case service(ServiceView, ServiceFacts, PortFilter)
    /// Endpoints of a service, at least one.
    case endpoints(ServiceView, EndpointTable, EndpointSelection)
    /// A service that stands for another name.
    case alias(Name)
    /// A pod's address.
    case pod(ClusterAddress)
}

/// Which endpoints of a table are meant.
enum EndpointSelection {
    case all
    /// Those that have a port that the filter lets through.
    case ports(PortFilter)
    /// Those at these places of the table's index: the ones of one name.
    case places(Range<Int>)
}

extension ClusterSnapshot {
    /// Finds what stands at the question's name.
    ///
    /// The grammar, in front of the zone: `svc`, `pod`; NAMESPACE in front of either; SERVICE.NAMESPACE.svc;
    /// ENDPOINT.SERVICE.NAMESPACE.svc; PORT.TRANSPORT.SERVICE.NAMESPACE.svc; A-B-C-D.NAMESPACE.pod.
    ///
    /// - Complexity: O(log n).
    func find(_ question: ClusterQuestion, _ policy: AnswerPolicy) -> Finding {
        if question.isApex { return .node }
        if question.isNameServer { return .nameServer }
        let isService = question.hasLabel("svc", fromZone: 0)
        guard question.labelCount <= 5, isService || question.hasLabel("pod", fromZone: 0) else { return .nothing }
        if question.labelCount == 1 { return .node }
        let namespace = question.label(fromZone: 1)..<question.end(fromZone: 1)
        guard !question.isInReverseZone, policy.shows(question.name, namespace),
            namespaces.find(question.name, namespace) != nil
        else { return .nothing }
        return isService ? findService(question, policy) : findPod(question, namespace, policy)
    }

    private func findService(
        _ question: ClusterQuestion, _ policy: AnswerPolicy
    ) -> Finding {
        if question.labelCount == 2 { return .node }
        let range = question.label(fromZone: 2)..<question.end(fromZone: 1)
        guard let view = services.find(question.name, range), let facts = view.facts else { return .nothing }
        if facts.kind == .external {
            guard question.labelCount == 3, let target = facts.target else { return .nothing }
            return .alias(target)
        }
        if facts.kind == .clusterIP {
            if policy.hidesEmptyServices, view.endpoints == nil { return .nothing }
            if question.labelCount != 4 { return findPorts(question, view, facts) }
        }
        guard let endpoints = view.endpoints else { return .nothing }
        return findEndpoints(question, view, endpoints)
    }

    private func findPorts(
        _ question: ClusterQuestion, _ view: ServiceView, _ facts: ServiceFacts
    ) -> Finding {
        guard question.labelCount == 5 else { return .service(view, facts, .all) }
        let filter = question.portFilter
        guard facts.ports.next(after: nil, filter, question.name) != nil else { return .nothing }
        return .service(view, facts, filter)
    }

    private func findEndpoints(
        _ question: ClusterQuestion, _ view: ServiceView, _ endpoints: EndpointTable
    ) -> Finding {
        switch question.labelCount {
        case 3:
            return .endpoints(view, endpoints, .all)
        case 4:
            let places = endpoints.places(of: question.name, at: 0)
            return places.isEmpty ? .nothing : .endpoints(view, endpoints, .places(places))
        default:
            let filter = question.portFilter
            for ports in endpoints.portTables where ports.next(after: nil, filter, question.name) != nil {
                return .endpoints(view, endpoints, .ports(filter))
            }
            return .nothing
        }
    }

    /// Labels in front of the pod's are not looked at, as in CoreDNS.
    private func findPod(
        _ question: ClusterQuestion, _ namespace: Range<Int>, _ policy: AnswerPolicy
    ) -> Finding {
        guard policy.pods != .disabled else { return .nothing }
        if question.labelCount == 2 { return .node }
        guard let address = EndpointLabel.address(question.name, at: question.label(fromZone: 2)) else {
            return .nothing
        }
        if policy.pods == .verified {
            let slot = namespaces.slot(of: question.name, namespace)
            guard podNamespaces.slots(of: address).contains(slot) else { return .nothing }
        }
        return .pod(address)
    }
}

extension ClusterQuestion {
    /// The filter that the two labels in front of the service make.
    fileprivate var portFilter: PortFilter {
        PortFilter(name, port: label(fromZone: 4), transport: label(fromZone: 3))
    }
}
