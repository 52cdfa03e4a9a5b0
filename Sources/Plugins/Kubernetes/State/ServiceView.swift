/// All that is known under the name of one service: the Service object and what its slices say, as one picture.
///
/// A view changes as a whole: no reader sees half of a service's slices.
final class ServiceView: NamedEntry {
    /// The labels of service and namespace.
    let wire: ContiguousArray<UInt8>
    /// The Service object; nil when there are slices for a service that does not exist.
    let facts: ServiceFacts?
    /// The ready endpoints; nil when there are none.
    let endpoints: EndpointTable?
    /// How the service is answered for, of ``facts``; here, where the usual question need not look further.
    let kind: ServiceFacts.Kind?
    /// The cluster address as the data of an A record, when it is the only one and of IPv4; most services have just that.
    let onlyIPv4: UInt32?

    init(wire: ContiguousArray<UInt8>, facts: ServiceFacts?, endpoints: EndpointTable?) {
        self.wire = wire
        kind = facts?.kind
        onlyIPv4 = facts?.addresses.onlyIPv4
        self.facts = facts
        self.endpoints = endpoints
    }

    /// The label of the namespace, with its length octet.
    var namespace: ContiguousArray<UInt8> { ContiguousArray(wire[(1 + Int(wire[0]))...]) }
}

/// A namespace that exists.
final class NamespaceEntry: NamedEntry {
    /// The label of the namespace.
    let wire: ContiguousArray<UInt8>

    init(wire: ContiguousArray<UInt8>) {
        self.wire = wire
    }
}
