import DNSServer
import DNSWire

/// How one `kubernetes` block answers from a snapshot, beyond what the snapshot says.
struct AnswerPolicy: Sendable {
    /// Which names below `pod` exist.
    enum PodMode: String, Sendable, CaseIterable {
        case disabled
        case verified
        case insecure
    }

    /// Longest first.
    let zones: [ServedZone]
    /// The same, for looking names up.
    let index: ZoneIndex
    /// The first zone that is not a reverse zone: where PTR records point to.
    let primaryZone: Name
    /// Units: seconds.
    var ttl: UInt32 = 5
    var pods = PodMode.disabled
    /// The labels of the namespaces that are shown; nil for all.
    var namespaces: [ContiguousArray<UInt8>]?
    /// Whether only some namespaces are followed, so that the others do not exist (`namespace_labels`).
    var selectsNamespaces = false
    /// Whether a service without ready endpoints is hidden (`ignore empty_service`).
    var hidesEmptyServices = false
    /// Whether there are names for the endpoints of one topology zone (`zonal`).
    var isZonal = false

    /// - Parameters:
    ///   - zones: in the order of the Corefile; nil comes back when all of them are reverse zones.
    ///   - multicluster: those of them, with all below, whose names are of services of several clusters.
    init?(zones: [Name], multicluster: [Name] = []) {
        let served = zones.map { zone in
            ServedZone(zone, isMulticluster: multicluster.contains { zone.isAtOrBelow($0) })
        }
        guard let primary = served.first(where: { !$0.isReverse }) else { return nil }
        primaryZone = primary.name
        self.zones = served.sorted { $0.name.wire.count > $1.name.wire.count }
        index = ZoneIndex(self.zones)
    }

    /// The longest zone that `name` is in, and where it starts there.
    func zone(of name: Span<UInt8>) -> (start: Int, isReverse: Bool, isMulticluster: Bool)? {
        index.zone(of: name)
    }

    /// Whether the configuration shows the namespace whose label is `range` of `name`.
    func shows(_ name: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard let namespaces else { return true }
        return namespaces.contains { wire in
            wire.count == range.count && zip(wire, range).allSatisfy { $0 == name[$1] }
        }
    }
}

/// Zones that are answered for, which every query is held against, without counting references.
final class ZoneIndex: Sendable {
    private final class Entry: Sendable {
        let zone: ServedZone

        init(_ zone: ServedZone) {
            self.zone = zone
        }
    }

    private let entries: UncountedObjects<Entry>

    init(_ zones: [ServedZone]) {
        entries = UncountedObjects(zones.map(Entry.init))
    }

    func zone(of name: Span<UInt8>) -> (start: Int, isReverse: Bool, isMulticluster: Bool)? {
        for index in 0..<entries.count {
            let found = entries.with(index) { entry -> (start: Int, isReverse: Bool, isMulticluster: Bool)? in
                let zone = entry.zone
                return zone.start(in: name).map { ($0, zone.isReverse, zone.isMulticluster) }
            }
            if let found { return found }
        }
        return nil
    }
}

/// A zone that is answered for.
struct ServedZone: Sendable {
    /// Lower case.
    let name: Name
    /// Whether it lies under `in-addr.arpa` or `ip6.arpa`, or is one of them.
    let isReverse: Bool
    /// Whether its names are those of services of several clusters.
    let isMulticluster: Bool

    private static let reverseRoots = [
        Name(uncheckedWire: Array("\u{7}in-addr\u{4}arpa\u{0}".utf8)),
        Name(uncheckedWire: Array("\u{3}ip6\u{4}arpa\u{0}".utf8)),
    ]

    init(_ name: Name, isMulticluster: Bool = false) {
        self.name = name.lowercased
        self.isMulticluster = isMulticluster
        isReverse = Self.reverseRoots.contains { name.isAtOrBelow($0) }
    }

    /// Where the zone starts in the lower-case `name`; nil when the name is not in the zone.
    @inline(__always)
    func start(in name: Span<UInt8>) -> Int? {
        let wire = self.name.wire.span
        let start = name.count &- wire.count
        guard start >= 0 else { return nil }
        guard wire.matches(0..<wire.count, name, at: start) else { return nil }
        var position = 0
        while position < start { position &+= Int(name[position]) &+ 1 }
        return position == start ? start : nil
    }
}
