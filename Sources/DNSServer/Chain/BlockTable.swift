import DNSWire

/// The server blocks that answer at one listening address, in one worker: finds the block for a name.
///
/// Built when a configuration is installed, not changed after that.
final class BlockTable {
    /// A class with constants only: it is visited without counting references.
    private final class Entry {
        /// The zone's name in lower case.
        let wire: [UInt8]
        let isRoot: Bool
        let chain: Chain
        /// The block's own say in which queries of its zones it takes; nil when it takes all.
        private let predicate: (any BlockPredicate)?
        /// Whether there is one: to look at that costs less than to look at the object.
        let hasPredicate: Bool

        init(zone: Name, chain: Chain) {
            wire = zone.lowercased.wire
            isRoot = zone.isRoot
            self.chain = chain
            predicate = chain.predicate
            hasPredicate = chain.predicate != nil
        }

        /// Whether the block takes `query`; apart from the rest, so that blocks that take all pay nothing for it.
        @inline(never)
        func takes(_ query: Query) -> Bool { predicate?.holds(for: query) ?? true }
    }

    /// Longest zone first; those of one zone in the order of the Corefile.
    private let entries: UncountedObjects<Entry>
    /// What is counted when the address's UDP sockets shed load; nil when they do not.
    let shedding: SheddingCounters?
    /// Every chain once.
    let chains: [Chain]
    /// Counts what no block serves; nil when no block counts anything.
    private let refusals: (any RefusalCounter)?

    init(_ zones: [(zone: Name, chain: Chain)], refusals: (any RefusalCounter)? = nil) {
        self.refusals = refusals
        // The sort is stable: blocks of one zone keep their order.
        let sorted = zones.sorted { $0.zone.wire.count > $1.zone.wire.count }
        entries = UncountedObjects(sorted.map { Entry(zone: $0.zone, chain: $0.chain) })
        shedding = zones.lazy.compactMap { $0.chain.block.shedding }.first
        var seen: Set<ObjectIdentifier> = []
        chains = sorted.map(\.chain).filter { seen.insert(ObjectIdentifier($0)).inserted }
    }

    /// The chain of the block with the longest zone that `query`'s name is in: of several with that zone the first whose predicate holds,
    /// and where none does, one with the next shorter zone.
    ///
    /// A DS record stands on the parent's side of a zone cut, so a DS query for a zone's own name goes to the block above it
    /// if there is one (RFC 4035 §3.1.4.1). The root block is no such one: it is there for the names that no other block serves, and who
    /// validates would take its answer from outside, that there is no such zone, for the truth.
    /// - Returns: not counted; the table keeps it.
    func chain(for query: Query) -> Uncounted<Chain>? {
        var own: Uncounted<Chain>?
        for index in 0..<entries.count {
            let (found, isOwn) = entries.with(index) { entry in
                let zone = entry.wire
                var isInside = entry.isRoot || suffixStart(of: query.name, under: zone.span) != nil
                if isInside, entry.hasPredicate { isInside = entry.takes(query) }
                let isOwn = query.type == .DS && !entry.isRoot && query.nameLength == zone.count
                return (isInside ? Uncounted(entry.chain) : nil, isOwn)
            }
            guard let found else { continue }
            if let own, entries.with(index, { $0.isRoot }) { return own }
            if !isOwn { return found }
            // Others of the same zone stand behind the first.
            if own == nil { own = found }
        }
        // Nobody above serves it: the zone itself is all there is.
        return own
    }

    /// Whether a query for the lower-case `name`, of a type that is not special, comes to `chain`.
    ///
    /// Where a predicate has a say, nobody knows before there is such a query: false.
    func leads(_ name: Span<UInt8>, to chain: Chain) -> Bool {
        for index in 0..<entries.count {
            let isThere = entries.with(index) { entry -> Bool? in
                let zone = entry.wire
                guard entry.isRoot || suffixStart(of: name, under: zone.span) != nil else { return nil }
                return !entry.hasPredicate && entry.chain === chain
            }
            if let isThere { return isThere }
        }
        return false
    }

    /// `query` was refused, since no block serves it.
    func countRefusal(_ query: Query) {
        refusals?.count(query)
    }

    /// Whether no query is on its way through one of the chains.
    var isIdle: Bool { chains.allSatisfy { $0.inFlight == 0 } }

    /// Whether no client waits for a query on its way through one of the chains.
    var isAnswered: Bool { chains.allSatisfy { $0.inFlight == $0.inBackground } }
}
