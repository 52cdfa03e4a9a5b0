import Basics
import DNSWire
import KubernetesClient

extension ClusterResponder {
    /// Writes the PTR record of the service with the cluster address `address`, else one for each name that a ready endpoint has.
    ///
    /// Namespaces that the configuration does not show are passed over; whether a namespace exists matters only then.
    func writePointers(
        _ address: IPAddress, _ snapshot: ClusterSnapshot, into reply: MessageWriter
    ) -> ClusterAnswer {
        var owner: ServiceView?
        snapshot.forEachService(at: address) { view in
            if view.facts?.addresses.number(of: address) != nil, isShown(view, snapshot),
                nameLength(of: view) <= maximumNameLength
            {
                owner = view
            }
            return owner == nil
        }
        if let owner {
            _ = writePointer([], owner, into: reply)
            return .records
        }
        var outcome = PointerOutcome.none
        snapshot.forEachService(at: address) { view in
            if isShown(view, snapshot) { outcome = max(outcome, writePointers(address, view, into: reply)) }
            return outcome != .full
        }
        return outcome == .none ? .nameError : .records
    }

    /// What has become of PTR records.
    private enum PointerOutcome: Int, Comparable {
        case none
        case written
        /// One did not fit.
        case full

        static func < (left: PointerOutcome, right: PointerOutcome) -> Bool { left.rawValue < right.rawValue }
    }

    /// Writes a PTR record for each name that an endpoint of `view` at `address` has.
    private func writePointers(
        _ address: IPAddress, _ view: ServiceView, into reply: MessageWriter
    ) -> PointerOutcome {
        guard let endpoints = view.endpoints, let number = endpoints.addresses.number(of: address) else { return .none }
        var outcome = PointerOutcome.none
        var last: ArraySlice<UInt8> = []
        for item in endpoints.items(withAddress: number) {
            let label = endpoints.label(item)
            // Items of one address are sorted by name: one name with different ports comes once.
            guard !label.elementsEqual(last) else { continue }
            last = label
            guard label.count + nameLength(of: view) <= maximumNameLength else { continue }
            guard writePointer(label, view, into: reply) else { return .full }
            outcome = .written
        }
        return outcome
    }

    private func isShown(_ view: ServiceView, _ snapshot: ClusterSnapshot) -> Bool {
        guard policy.namespaces != nil || policy.selectsNamespaces else { return true }
        let namespace = view.namespace
        return policy.shows(namespace.span, 0..<namespace.count) && snapshot.namespaces.find(namespace) != nil
    }

    /// The octets of a service's name in the primary zone; with a long zone that can be more than a name may have.
    private func nameLength(of view: ServiceView) -> Int {
        view.wire.count + Self.serviceLabel.count + policy.primaryZone.wire.count
    }

    /// - Returns: whether it fitted.
    private func writePointer(_ label: ArraySlice<UInt8>, _ view: ServiceView, into reply: MessageWriter) -> Bool {
        let (service, kind, zone) = (view.wire, Self.serviceLabel, policy.primaryZone.wire)
        guard fits(12 &+ label.count &+ nameLength(of: view), reply) else {
            reply.header.flags.isTruncated = true
            return false
        }
        let record = reply.beginRecord(ownerAt: Self.questionOffset, type: .PTR, ttl: policy.ttl)
        for octet in label { reply.append(octet) }
        reply.append(service.span)
        reply.append(kind.span)
        reply.append(zone.span)
        reply.endRecord(record)
        return true
    }

    // MARK: This server

    /// A name of this server in front of the zone, and its addresses.
    fileprivate struct ServerName {
        var labels: ContiguousArray<UInt8>
        var addresses: [IPAddress]
    }

    /// Writes the zone's NS records: the services that this server is an endpoint of, or `ns.dns` with its own addresses.
    ///
    /// Source: RFC 1035 §3.3.11.
    func writeNameServers(
        _ question: ClusterQuestion, _ snapshot: ClusterSnapshot, _ local: [IPAddress],
        into reply: MessageWriter
    ) -> ClusterAnswer {
        let zoneLength = question.name.count - question.zoneStart
        let servers = allServerNames(snapshot, local).filter { $0.labels.count + zoneLength <= maximumNameLength }
        guard !servers.isEmpty else { return .noData }
        let zone = Self.questionOffset + question.zoneStart
        var owners: [Int] = []
        for server in servers {
            let record = reply.beginRecord(ownerAt: zone, type: .NS, ttl: policy.ttl)
            owners.append(reply.count)
            reply.append(server.labels.span)
            reply.appendPointer(to: zone)
            reply.endRecord(record)
        }
        reply.section = .additional
        for (server, owner) in zip(servers, owners) where owner < 0x4000 {
            for address in server.addresses {
                _ = writeAddress(address, address.isIPv4 ? .A : .AAAA, owner: owner, into: reply)
            }
        }
        return .records
    }

    /// Writes the addresses of `ns.dns`.
    func writeServerAddresses(
        _ question: ClusterQuestion, _ snapshot: ClusterSnapshot, _ local: () -> [IPAddress],
        into reply: MessageWriter
    ) -> ClusterAnswer {
        guard question.type == .A || question.type == .AAAA else { return .noData }
        let addresses = AddressList(allServerNames(snapshot, local()).flatMap(\.addresses))
        return writeAddresses(addresses, question.type, into: reply)
    }

    private func allServerNames(_ snapshot: ClusterSnapshot, _ local: [IPAddress]) -> [ServerName] {
        var names = ServerNames()
        var isEndpoint = false
        for address in local {
            snapshot.forEachService(at: address) { view in
                guard view.endpoints?.addresses.number(of: address) != nil else { return true }
                isEndpoint = true
                add(view, to: &names)
                return !names.isFull
            }
        }
        guard !isEndpoint, !local.isEmpty else { return names.all }
        return [ServerName(labels: Self.primaryServer, addresses: local)]
    }

    /// Adds the names under which the endpoints of a service are reached.
    private func add(_ view: ServiceView, to names: inout ServerNames) {
        guard let facts = view.facts else { return }
        let labels = view.wire + Self.serviceLabel
        guard facts.kind == .headless, let endpoints = view.endpoints else {
            for address in facts.addresses.addresses { names.add(labels, address) }
            return
        }
        for item in endpoints.items where !names.isFull {
            names.add(ContiguousArray(endpoints.label(item)) + labels, endpoints.addresses[Int(item.address)])
        }
    }
}

/// The names of this server in front of the zone, and their addresses.
///
/// A zone that names more servers than these helps nobody, and who makes a service with this server's address among its endpoints must not
/// make the zone's own records dear.
private struct ServerNames {
    private(set) var all: [ClusterResponder.ServerName] = []
    private var places: [ContiguousArray<UInt8>: Int] = [:]

    private static let limit = 128
    private static let addressLimit = 16

    var isFull: Bool { all.count >= Self.limit }

    mutating func add(_ labels: ContiguousArray<UInt8>, _ address: IPAddress) {
        guard let place = places[labels] else {
            guard !isFull else { return }
            places[labels] = all.count
            return all.append(ClusterResponder.ServerName(labels: labels, addresses: [address]))
        }
        guard all[place].addresses.count < Self.addressLimit, !all[place].addresses.contains(address) else { return }
        all[place].addresses.append(address)
    }
}
