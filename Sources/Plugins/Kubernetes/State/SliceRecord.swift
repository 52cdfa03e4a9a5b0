import KubernetesClient

/// What an EndpointSlice says of the endpoints that are ready, packed.
///
/// Shape: `endpoints` has, for each address, one octet of flags (1: IPv6, 2: named), four or sixteen of address, and for a named
/// one its label with length octet, in lower case.
final class SliceRecord: Sendable, Equatable {
    /// The labels of service and namespace.
    let service: ContiguousArray<UInt8>
    let ports: PortTable
    let endpoints: ContiguousArray<UInt8>

    private static let isIPv6: UInt8 = 1
    private static let isNamed: UInt8 = 2

    /// Packs `slice`; nil when it belongs to no service that can be asked for.
    ///
    /// - Parameter usesPodNames: whether an endpoint without a host name is named after its pod (`endpoint_pod_names`).
    init?(_ slice: EndpointSlice, usesPodNames: Bool) {
        guard let service = WireLabel.encode(slice.serviceName, slice.metadata.namespace) else { return nil }
        self.service = service
        ports = PortTable(slice.ports)
        var packed: ContiguousArray<UInt8> = []
        for endpoint in slice.endpoints where endpoint.isReady {
            let label = Self.label(endpoint, usesPodNames)
            for address in endpoint.addresses {
                packed.append((address.isIPv4 ? 0 : Self.isIPv6) | (label == nil ? 0 : Self.isNamed))
                for index in (address.isIPv4 ? 12 : 0)..<16 { packed.append(address.byte(at: index)) }
                if let label { packed.append(contentsOf: label) }
            }
        }
        endpoints = packed.trimmed
    }

    private static func label(_ endpoint: EndpointSlice.Endpoint, _ usesPodNames: Bool) -> ContiguousArray<UInt8>? {
        if let label = WireLabel.encode(endpoint.hostname) { return label }
        // A pod's name can be longer than a label, or have dots; it names nothing then.
        guard usesPodNames, !endpoint.targetName.utf8.contains(UInt8(ascii: ".")) else { return nil }
        return WireLabel.encode(endpoint.targetName)
    }

    static func == (left: SliceRecord, right: SliceRecord) -> Bool {
        left.service == right.service && left.ports == right.ports && left.endpoints == right.endpoints
    }

    /// Calls `body` with each address and its label with length octet, appended to `names` at the offset given.
    func forEach(naming names: inout ContiguousArray<UInt8>, _ body: (ClusterAddress, _ name: Int) -> Void) {
        var offset = 0
        while offset < endpoints.count {
            let flags = endpoints[offset]
            let length = flags & Self.isIPv6 == 0 ? 4 : 16
            let address = Self.address(endpoints[(offset + 1)..<(offset + 1 + length)])
            offset += 1 + length
            let name = names.count
            if flags & Self.isNamed == 0 {
                EndpointLabel.append(address, to: &names)
            } else {
                let end = offset + 1 + Int(endpoints[offset])
                names.append(contentsOf: endpoints[offset..<end])
                offset = end
            }
            body(address, name)
        }
    }

    private static func address(_ octets: ArraySlice<UInt8>) -> ClusterAddress {
        guard octets.count == 16 else { return ClusterAddress(ipv4: octets.reduce(0) { $0 << 8 | UInt32($1) }) }
        let high = octets.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        return ClusterAddress(high: high, low: octets.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }
}
