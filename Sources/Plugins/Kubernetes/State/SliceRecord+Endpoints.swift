import Basics
import DNSWire
import KubernetesClient

extension SliceRecord {
    /// One endpoint as it is packed.
    struct Packed {
        let address: IPAddress
        /// Where its label lies, length octet included; empty for one without a name.
        let label: Range<Int>
        /// The number of its group; nil for none.
        let group: Int?
        /// Where all of it lies.
        let range: Range<Int>
    }

    /// Reads the endpoint at `offset`; nil at the end, and where octets make no sense.
    func packed(at offset: Int) -> Packed? {
        guard offset < endpoints.count else { return nil }
        let flags = endpoints[offset]
        let address = offset + 1..<offset + 1 + (flags & Self.isIPv6 == 0 ? 4 : 16)
        var label = address.upperBound..<address.upperBound
        if flags & Self.isNamed != 0 {
            guard label.upperBound < endpoints.count else { return nil }
            label = label.lowerBound..<label.lowerBound + 1 + Int(endpoints[label.lowerBound])
        }
        let end = label.upperBound + (flags & Self.isGrouped == 0 ? 0 : 1)
        guard end <= endpoints.count else { return nil }
        return Packed(
            address: Self.address(endpoints[address]), label: label,
            group: flags & Self.isGrouped == 0 ? nil : Int(endpoints[end - 1]), range: offset..<end)
    }

    /// Calls `body` with each address, its label with length octet, appended to `names` at the offset given, and the number of
    /// its group.
    func forEach(
        naming names: inout ContiguousArray<UInt8>, _ body: (IPAddress, _ name: Int, _ group: Int?) -> Void
    ) {
        var offset = 0
        while let endpoint = packed(at: offset) {
            let name = names.count
            if endpoint.label.isEmpty {
                EndpointLabel.append(endpoint.address, to: &names)
            } else {
                names.append(contentsOf: endpoints[endpoint.label])
            }
            body(endpoint.address, name, endpoint.group)
            offset = endpoint.range.upperBound
        }
    }

    private static func address(_ octets: ArraySlice<UInt8>) -> IPAddress {
        guard octets.count == 16 else { return IPAddress(ipv4: octets.reduce(0) { $0 << 8 | UInt32($1) }) }
        let high = octets.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        return IPAddress(high: high, low: octets.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    // MARK: Some of the endpoints

    /// The same with those endpoints only whose address `isKept`; nil when there are none.
    func filtered(_ isKept: (IPAddress) -> Bool) -> SliceRecord? {
        var kept: ContiguousArray<UInt8> = []
        var offset = 0
        while let endpoint = packed(at: offset) {
            if isKept(endpoint.address) { kept.append(contentsOf: endpoints[endpoint.range]) }
            offset = endpoint.range.upperBound
        }
        guard !kept.isEmpty else { return nil }
        return SliceRecord(
            service: service, ports: ports, endpoints: kept.trimmed, groups: groups, isImported: isImported)
    }

    /// Whether one of the endpoints has one of `addresses`.
    func hasAny(of addresses: Set<IPAddress>) -> Bool {
        var offset = 0
        while let endpoint = packed(at: offset) {
            if addresses.contains(endpoint.address) { return true }
            offset = endpoint.range.upperBound
        }
        return false
    }

    /// Whether endpoints can move between the two: they have addresses of one family, or one of them has none.
    func mayShareEndpoints(with other: SliceRecord) -> Bool {
        guard let own = endpoints.first, let others = other.endpoints.first else { return true }
        return own & Self.isIPv6 == others & Self.isIPv6
    }
}
