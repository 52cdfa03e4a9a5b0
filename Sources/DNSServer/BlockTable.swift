import DNSWire

/// The server blocks that answer at one listening address, in one worker: finds the block for a name.
///
/// Built when a configuration is installed, not changed after that.
final class BlockTable {
    private struct Entry {
        let zone: Name
        let chain: Chain
    }

    /// Longest zone first.
    private let entries: [Entry]
    /// Whether a block lets in other classes than IN.
    let acceptsAllClasses: Bool

    init(_ zones: [(zone: Name, chain: Chain)]) {
        entries =
            zones
            .map { Entry(zone: $0.zone.lowercased, chain: $0.chain) }
            .sorted { $0.zone.wire.count > $1.zone.wire.count }
        acceptsAllClasses = zones.contains { $0.chain.block.plugins.contains(where: \.acceptsAllClasses) }
    }

    /// The chain of the block with the longest zone that `query`'s name is in.
    ///
    /// A DS record stands on the parent's side of a zone cut, so a DS query for a zone's own name goes to the block above it
    /// if there is one (RFC 4035 §3.1.4.1).
    func chain(for query: Query) -> Chain? {
        var own: Chain?
        for entry in entries {
            guard suffixStart(of: query.name, under: entry.zone.wire.span) != nil else { continue }
            guard query.type == .DS, own == nil, query.nameLength == entry.zone.wire.count, !entry.zone.isRoot else {
                return entry.chain
            }
            own = entry.chain
        }
        // Nobody above serves it: the zone itself is all there is.
        return own
    }

    /// Every chain once.
    var chains: [Chain] {
        var seen: Set<ObjectIdentifier> = []
        return entries.map(\.chain).filter { seen.insert(ObjectIdentifier($0)).inserted }
    }
}
