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
        forEachPacked { address, range in
            let name = names.count
            if endpoints[range.lowerBound] & Self.isNamed == 0 {
                EndpointLabel.append(address, to: &names)
            } else {
                names.append(
                    contentsOf: endpoints[(range.lowerBound + 1 + (address.isIPv4 ? 4 : 16))..<range.upperBound])
            }
            body(address, name)
        }
    }

    /// Calls `body` with each address and where its entry lies in ``endpoints``.
    private func forEachPacked(_ body: (ClusterAddress, Range<Int>) -> Void) {
        var offset = 0
        while offset < endpoints.count {
            let start = offset
            let flags = endpoints[offset]
            offset += 1 + (flags & Self.isIPv6 == 0 ? 4 : 16)
            let address = Self.address(endpoints[(start + 1)..<offset])
            if flags & Self.isNamed != 0 { offset += 1 + Int(endpoints[offset]) }
            body(address, start..<offset)
        }
    }

    private static func address(_ octets: ArraySlice<UInt8>) -> ClusterAddress {
        guard octets.count == 16 else { return ClusterAddress(ipv4: octets.reduce(0) { $0 << 8 | UInt32($1) }) }
        let high = octets.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        return ClusterAddress(high: high, low: octets.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    // MARK: Parts

    private init(_ other: SliceRecord, endpoints: ContiguousArray<UInt8>) {
        service = other.service
        ports = other.ports
        self.endpoints = endpoints
    }

    /// The same with those endpoints only whose address `isKept`; nil when there are none.
    func filtered(_ isKept: (ClusterAddress) -> Bool) -> SliceRecord? {
        var kept: ContiguousArray<UInt8> = []
        forEachPacked { address, range in
            if isKept(address) { kept.append(contentsOf: endpoints[range]) }
        }
        return kept.isEmpty ? nil : SliceRecord(self, endpoints: kept.trimmed)
    }

    /// Whether one of the endpoints has one of `addresses`.
    func hasAny(of addresses: Set<ClusterAddress>) -> Bool {
        var found = false
        forEachPacked { address, _ in found = found || addresses.contains(address) }
        return found
    }

    /// Whether endpoints can move between the two: they have addresses of one family, or one of them has none.
    func mayShareEndpoints(with other: SliceRecord) -> Bool {
        guard let own = endpoints.first, let others = other.endpoints.first else { return true }
        return own & Self.isIPv6 == others & Self.isIPv6
    }
}
