import Basics
import DNSServer
import DNSWire

/// What stands at a name, whatever the type asked for.
///
/// Services are not counted: the snapshot that the finding comes from keeps them.
enum Finding {
    /// Nothing: the name does not exist.
    case nothing
    /// A name that exists because of those below it.
    case node
    /// A name that exists and has no record: a headless service in a topology zone without endpoints of it.
    case empty
    /// `ns.dns`: this server.
    case nameServer
    /// A service with cluster addresses, and those of its ports that are meant.
    case service(Uncounted<ServiceView>, PortFilter)
    /// Endpoints of a service, at least one.
    case endpoints(Uncounted<ServiceView>, EndpointSelection)
    /// A service that stands for another name.
    case alias(Name)
    /// A pod's address.
    case pod(IPAddress)
}

extension ClusterSnapshot {
    /// Finds what stands at the question's name.
    ///
    /// The grammar, in front of the zone: `svc`, `pod`; NAMESPACE in front of either; SERVICE.NAMESPACE.svc;
    /// ENDPOINT.SERVICE.NAMESPACE.svc; PORT.TRANSPORT.SERVICE.NAMESPACE.svc; A-B-C-D.NAMESPACE.pod. With `zonal`, also
    /// ZONE.pin._zone.SERVICE.NAMESPACE.svc and the same with `prefer`. In a multicluster zone an endpoint's name is
    /// ENDPOINT.CLUSTER.SERVICE.NAMESPACE.svc.
    ///
    /// - Complexity: O(log n).
    func find(_ question: ClusterQuestion, _ policy: AnswerPolicy) -> Finding {
        if question.isApex { return .node }
        if question.isNameServer { return .nameServer }
        let isService = question.hasLabel("svc", fromZone: 0)
        guard isService || question.hasLabel("pod", fromZone: 0),
            question.labelCount <= 5 || (isService && policy.isZonal && question.topology != nil)
        else { return .nothing }
        if question.labelCount == 1 { return .node }
        let namespace = question.label(fromZone: 1)..<question.end(fromZone: 1)
        guard !question.isInReverseZone, policy.shows(question.name, namespace),
            namespaces.lookUp(question.name, namespace) != nil
        else { return .nothing }
        return isService ? findService(question, policy) : findPod(question, namespace, policy)
    }

    private func findService(
        _ question: ClusterQuestion, _ policy: AnswerPolicy
    ) -> Finding {
        if question.labelCount == 2 { return .node }
        let range = question.label(fromZone: 2)..<question.end(fromZone: 1)
        let found =
            question.isInMulticlusterZone
            ? imports.lookUp(question.name, range) : services.lookUp(question.name, range)
        guard let found else { return .nothing }
        return found.with { findService(question, policy, $0) }
    }

    private func findService(
        _ question: ClusterQuestion, _ policy: AnswerPolicy, _ view: ServiceView
    ) -> Finding {
        guard let kind = view.kind else { return .nothing }
        if kind == .external {
            guard question.labelCount == 3, let target = view.facts?.target else { return .nothing }
            return .alias(target)
        }
        if let topology = question.topology { return findZone(question, topology, view, kind) }
        if kind == .clusterIP {
            if policy.hidesEmptyServices, view.endpoints == nil { return .nothing }
            if !question.namesEndpoint { return findPorts(question, view) }
        }
        guard let endpoints = view.endpoints else { return .nothing }
        return findEndpoints(question, view, endpoints)
    }

    private func findPorts(_ question: ClusterQuestion, _ view: ServiceView) -> Finding {
        guard question.labelCount == 5 else { return .service(Uncounted(view), .all) }
        let filter = question.portFilter
        guard view.facts?.ports.next(after: nil, filter, question.name) != nil else { return .nothing }
        return .service(Uncounted(view), filter)
    }

    private func findEndpoints(
        _ question: ClusterQuestion, _ view: ServiceView, _ endpoints: EndpointTable
    ) -> Finding {
        if question.labelCount == 3 { return .endpoints(Uncounted(view), .all) }
        if question.namesEndpoint {
            let places = places(question, endpoints)
            return places.isEmpty ? .nothing : .endpoints(Uncounted(view), .places(places))
        }
        let filter = question.portFilter
        for ports in endpoints.portTables where ports.next(after: nil, filter, question.name) != nil {
            return .endpoints(Uncounted(view), .ports(filter))
        }
        return .nothing
    }

    /// Where the endpoints of the name asked for stand in the table's index.
    private func places(_ question: ClusterQuestion, _ endpoints: EndpointTable) -> Range<Int> {
        guard question.labelCount == 5 else { return endpoints.places(of: question.name, at: 0) }
        let cluster = question.label(fromZone: 3)..<question.end(fromZone: 3)
        guard let group = endpoints.group(of: question.name, cluster) else { return 0..<0 }
        return endpoints.places(of: question.name, at: 0, inGroup: group)
    }

    /// Only headless services have names by topology zone: a cluster address is in none.
    private func findZone(
        _ question: ClusterQuestion, _ topology: TopologySelector, _ view: ServiceView,
        _ kind: ServiceFacts.Kind
    ) -> Finding {
        guard kind == .headless else { return .nothing }
        guard let endpoints = view.endpoints else { return .empty }
        if let zone = endpoints.group(of: question.name, topology.zone) {
            return .endpoints(Uncounted(view), .zone(zone))
        }
        return topology.isPreference ? .endpoints(Uncounted(view), .all) : .empty
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
            guard podNamespaces.contains(slot, for: address) else { return .nothing }
        }
        return .pod(address)
    }
}

/// The labels `ZONE.pin._zone` or `ZONE.prefer._zone` of a question, which ask for the endpoints of one topology zone.
struct TopologySelector {
    /// The labels of the zone in the question's name; there can be several, since zones have dots.
    let zone: Range<Int>
    /// Whether all endpoints do when none is in the zone (`prefer`).
    let isPreference: Bool
}

extension ClusterQuestion {
    /// The filter that the two labels in front of the service make.
    var portFilter: PortFilter {
        PortFilter(name, port: label(fromZone: 4), transport: label(fromZone: 3))
    }

    /// The topology zone that the labels in front of the service ask for; nil when they are none of that form, which multicluster
    /// zones do not have.
    var topology: TopologySelector? {
        guard labelCount >= 6, !isInMulticlusterZone, hasLabel("_zone", fromZone: 3) else { return nil }
        let zone = 0..<label(fromZone: 4)
        if hasLabel("pin", fromZone: 4) { return TopologySelector(zone: zone, isPreference: false) }
        return hasLabel("prefer", fromZone: 4) ? TopologySelector(zone: zone, isPreference: true) : nil
    }

    /// Whether the labels in front of the service are those of an endpoint: one, or in a multicluster zone two of which neither
    /// begins with an underscore.
    var namesEndpoint: Bool {
        guard labelCount == 5, isInMulticlusterZone else { return labelCount == 4 }
        return !beginsWithUnderscore(3) && !beginsWithUnderscore(4)
    }

    private func beginsWithUnderscore(_ number: Int) -> Bool {
        name[label(fromZone: number) &+ 1] == UInt8(ascii: "_")
    }
}
