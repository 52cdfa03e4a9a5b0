import Basics
import DNSWire
import KubernetesClient

/// What an EndpointSlice says of the endpoints that are ready, packed.
///
/// Shape: `endpoints` has, for each address, one octet of flags (1: IPv6, 2: named, 4: in a group), four or sixteen of address,
/// for a named one its label with length octet, in lower case, and for one in a group the number of the group.
final class SliceRecord: Sendable, Equatable {
    /// The labels of service and namespace.
    let service: ContiguousArray<UInt8>
    let ports: PortTable
    let endpoints: ContiguousArray<UInt8>
    /// The topology zones of the endpoints, or the one cluster they come from: names in lower-case wire form, one behind the other.
    let groups: ContiguousArray<UInt8>
    /// Whether the slice was imported from another cluster.
    let isImported: Bool

    static let isIPv6: UInt8 = 1
    static let isNamed: UInt8 = 2
    static let isGrouped: UInt8 = 4

    /// Packs `slice`; nil when it belongs to no service that can be asked for.
    ///
    /// - Parameters:
    ///   - usesPodNames: whether an endpoint without a host name is named after its pod (`endpoint_pod_names`).
    ///   - keepsZones: whether the topology zones of the endpoints are kept (`zonal`).
    convenience init?(_ slice: EndpointSlice, usesPodNames: Bool, keepsZones: Bool = false) {
        guard let service = WireLabel.encode(slice.serviceName, slice.metadata.namespace) else { return nil }
        var zones = GroupList()
        self.init(service, slice, usesPodNames: usesPodNames, isImported: false, &zones) { zones, endpoint in
            keepsZones ? zones.number(of: endpoint.zone) : nil
        }
    }

    /// Packs a slice that was imported from another cluster; nil when it belongs to no service that can be asked for.
    ///
    /// - Parameters:
    ///   - service: the name of the imported service.
    ///   - cluster: the cluster the endpoints run in; empty when not known. It is a part of the endpoints' names, and one that is
    ///     no label has none that can be asked for.
    convenience init?(importing slice: EndpointSlice, service: String, cluster: String, usesPodNames: Bool) {
        guard let service = WireLabel.encode(service, slice.metadata.namespace),
            cluster.isEmpty || (WireLabel.encode(cluster) != nil && !cluster.utf8.contains(UInt8(ascii: ".")))
        else { return nil }
        var clusters = GroupList()
        self.init(service, slice, usesPodNames: usesPodNames, isImported: true, &clusters) { clusters, _ in
            clusters.number(of: cluster)
        }
    }

    private init(
        _ service: ContiguousArray<UInt8>, _ slice: EndpointSlice, usesPodNames: Bool, isImported: Bool,
        _ groups: inout GroupList, _ group: (inout GroupList, EndpointSlice.Endpoint) -> UInt8?
    ) {
        self.service = service
        self.isImported = isImported
        ports = PortTable(slice.ports)
        var packed: ContiguousArray<UInt8> = []
        packed.reserveCapacity(16 * slice.endpoints.count)
        for endpoint in slice.endpoints where endpoint.isReady {
            let label = Self.label(endpoint, usesPodNames)
            let group = group(&groups, endpoint)
            let flags = (label == nil ? 0 : Self.isNamed) | (group == nil ? 0 : Self.isGrouped)
            for address in endpoint.addresses {
                packed.append(flags | (address.isIPv4 ? 0 : Self.isIPv6))
                for index in (address.isIPv4 ? 12 : 0)..<16 { packed.append(address.byte(at: index)) }
                if let label { packed.append(contentsOf: label) }
                if let group { packed.append(group) }
            }
        }
        endpoints = packed.trimmed
        self.groups = groups.wire.trimmed
    }

    private static func label(_ endpoint: EndpointSlice.Endpoint, _ usesPodNames: Bool) -> ContiguousArray<UInt8>? {
        if let label = WireLabel.encode(endpoint.hostname) { return label }
        // A pod's name can be longer than a label, or have dots; it names nothing then.
        guard usesPodNames, !endpoint.targetName.utf8.contains(UInt8(ascii: ".")) else { return nil }
        return WireLabel.encode(endpoint.targetName)
    }

    static func == (left: SliceRecord, right: SliceRecord) -> Bool {
        left.service == right.service && left.ports == right.ports && left.endpoints == right.endpoints
            && left.groups == right.groups && left.isImported == right.isImported
    }

    /// The names of the groups, by number, without root labels.
    var groupNames: [ContiguousArray<UInt8>] {
        var names: [ContiguousArray<UInt8>] = []
        var start = 0
        var position = 0
        while position < groups.count {
            let length = Int(groups[position])
            if length == 0 {
                names.append(ContiguousArray(groups[start..<position]))
                start = position + 1
            }
            position += length + 1
        }
        return names
    }

    /// Takes parts that make a record.
    init(
        service: ContiguousArray<UInt8>, ports: PortTable, endpoints: ContiguousArray<UInt8>,
        groups: ContiguousArray<UInt8>, isImported: Bool
    ) {
        self.service = service
        self.ports = ports
        self.endpoints = endpoints
        self.groups = groups
        self.isImported = isImported
    }
}

/// The groups that the endpoints of one slice belong to, each once.
private struct GroupList {
    private var texts: [String] = []
    /// The names in lower-case wire form, one behind the other.
    private(set) var wire: ContiguousArray<UInt8> = []

    /// The number of the group `text`; nil when it is empty or no domain name, or the list is full.
    mutating func number(of text: String) -> UInt8? {
        guard !text.isEmpty else { return nil }
        if let known = texts.firstIndex(of: text) { return UInt8(exactly: known) }
        guard texts.count <= UInt8.max, let name = Self.encode(text) else { return nil }
        texts.append(text)
        wire.append(contentsOf: name)
        return UInt8(exactly: texts.count - 1)
    }

    private static func encode(_ text: String) -> ContiguousArray<UInt8>? {
        var wire: ContiguousArray<UInt8> = []
        for part in text.split(separator: ".", omittingEmptySubsequences: false) {
            guard let label = WireLabel.encode(String(part)) else { return nil }
            wire.append(contentsOf: label)
        }
        wire.append(0)
        return wire.count <= maximumNameLength ? wire : nil
    }
}
