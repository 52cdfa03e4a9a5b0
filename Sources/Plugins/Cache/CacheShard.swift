import DNSServer
import DNSWire

/// One part of a cache: a hash table of entries, bounded in entries, in octets, and by what all caches may take together.
///
/// Whoever uses it holds its lock. The hash is keyed by a secret of the process (``NameHash``), so that nobody outside can choose
/// names that fall into one place; what is left out is chosen by a random sequence of the shard's own.
///
/// Shape: open addressing with linear probing over a power of two of slots, of which at most half are used. The table starts
/// small and grows up to its bound.
struct CacheShard: Sendable {
    private var slots: ContiguousArray<CacheEntry>
    private(set) var count = 0
    /// Octets of the entries and of the table.
    private(set) var cost = 0
    private let capacity: Int
    private let costLimit: Int
    private let budget: OctetBudget
    private var randomState: UInt64

    /// What a shard may have whatever other caches take.
    static let guaranteedCost = 8_192
    private static let initialSlots = 8
    private static let slotCost = MemoryLayout<CacheEntry>.stride

    /// - Parameters:
    ///   - costLimit: octets of this shard.
    ///   - budget: octets of all caches together.
    init(capacity: Int, costLimit: Int, seed: UInt64, budget: OctetBudget) {
        self.capacity = capacity
        self.costLimit = costLimit
        self.budget = budget
        randomState = seed | 1
        slots = ContiguousArray(repeating: .vacant, count: Self.initialSlots)
        cost = Self.initialSlots * Self.slotCost
        budget.takeAnyway(cost)
    }

    /// Gives back what the budget counts for the shard, which is used no more.
    func giveBack() {
        budget.give(cost)
    }

    /// Calls `body` with the entry for the question, expired or not.
    ///
    /// - Complexity: O(1) expected.
    /// - Returns: what `body` gives, or nil when there is no such entry.
    mutating func withEntry<Result>(_ key: CacheKey, _ name: Span<UInt8>, _ body: (inout CacheEntry) -> Result)
        -> Result?
    {
        guard let index = find(key, name) else { return nil }
        return body(&slots[index])
    }

    /// Takes in `entry`, in place of an older one for the same question.
    ///
    /// - Returns: how many other entries had to go.
    mutating func insert(_ entry: CacheEntry) -> Int {
        guard Self.initialSlots * Self.slotCost + entry.cost <= costLimit else { return 0 }
        remove(entry.key, entry.octets.span.extracting(0..<entry.nameLength))
        var evictions = 0
        while !hasRoom(for: entry) {
            guard count > 0 else { return evictions }
            evict(at: entry.stored)
            evictions += 1
        }
        growIfNeeded()
        place(entry)
        count += 1
        return evictions
    }

    /// Takes what `entry` and the growth of the table for it need, if all bounds allow it.
    private mutating func hasRoom(for entry: CacheEntry) -> Bool {
        let more = entry.cost + (mustGrow ? slots.count * Self.slotCost : 0)
        guard count < capacity, cost + more <= costLimit else { return false }
        if !budget.take(more) {
            guard cost + more <= Self.guaranteedCost else { return false }
            budget.takeAnyway(more)
        }
        cost += more
        return true
    }

    /// Leaves out the entry for the question, if there is one.
    mutating func remove(_ key: CacheKey, _ name: Span<UInt8>) {
        if let index = find(key, name) { remove(at: index) }
    }

    // MARK: The table

    private func home(of hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash) & (slots.count - 1)
    }

    private func find(_ key: CacheKey, _ name: Span<UInt8>) -> Int? {
        var index = home(of: key.hash)
        while !slots[index].isVacant {
            if slots[index].key.hash == key.hash, slots[index].matches(key, name) { return index }
            index = (index + 1) & (slots.count - 1)
        }
        return nil
    }

    private mutating func place(_ entry: CacheEntry) {
        var index = home(of: entry.key.hash)
        while !slots[index].isVacant { index = (index + 1) & (slots.count - 1) }
        slots[index] = entry
    }

    /// Whether one more entry needs a larger table.
    private var mustGrow: Bool { (count + 1) * 2 > slots.count }

    private mutating func growIfNeeded() {
        guard mustGrow else { return }
        let former = slots
        slots = ContiguousArray(repeating: .vacant, count: former.count * 2)
        for entry in former where !entry.isVacant { place(entry) }
    }

    /// Moves up the entries behind the emptied slot that would not be found any more.
    private mutating func closeGap(at emptied: Int) {
        var gap = emptied
        var index = (gap + 1) & (slots.count - 1)
        while !slots[index].isVacant {
            let distanceHome = (index - home(of: slots[index].key.hash)) & (slots.count - 1)
            if distanceHome >= (index - gap) & (slots.count - 1) {
                slots.swapAt(gap, index)
                gap = index
            }
            index = (index + 1) & (slots.count - 1)
        }
    }

    // MARK: Leaving out

    /// How many entries are compared before one goes.
    private static let sample = 6

    /// Leaves out one entry: of a few taken at random one that has expired, else the one that has not answered for longest.
    private mutating func evict(at now: UInt64) {
        var victim = randomUsedSlot()
        for _ in 1..<Self.sample where slots[victim].remaining(at: now) > 0 {
            let other = randomUsedSlot()
            if slots[other].remaining(at: now) == 0 || slots[other].lastUsed < slots[victim].lastUsed { victim = other }
        }
        remove(at: victim)
    }

    private mutating func remove(at index: Int) {
        cost -= slots[index].cost
        budget.give(slots[index].cost)
        slots[index] = .vacant
        count -= 1
        closeGap(at: index)
    }

    /// A used slot; there must be one.
    private mutating func randomUsedSlot() -> Int {
        // SplitMix64: good enough to spread, and seeded by a secret.
        randomState &+= 0x9E37_79B9_7F4A_7C15
        var value = randomState
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        var index = home(of: value ^ value >> 31)
        while slots[index].isVacant { index = (index + 1) & (slots.count - 1) }
        return index
    }
}
