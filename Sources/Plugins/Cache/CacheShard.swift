import DNSWire

/// One part of a cache: a hash table of entries, bounded in entries and in octets.
///
/// Whoever uses it holds its lock.
///
/// Shape: open addressing with linear probing over a power of two of slots, of which at most half are used. The table starts
/// small and grows up to its bound.
struct CacheShard: Sendable {
    private var slots: ContiguousArray<CacheEntry>
    private(set) var count = 0
    private(set) var cost = 0
    private let capacity: Int
    private let costLimit: Int
    private var randomState: UInt64

    init(capacity: Int, costLimit: Int, seed: UInt64) {
        self.capacity = capacity
        self.costLimit = costLimit
        randomState = seed | 1
        slots = ContiguousArray(repeating: .vacant, count: 8)
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
        guard entry.cost <= costLimit else { return 0 }
        remove(entry.key, entry.octets.span.extracting(0..<entry.nameLength))
        var evictions = 0
        while count > 0, count >= capacity || cost + entry.cost > costLimit {
            evict(at: entry.stored)
            evictions += 1
        }
        growIfNeeded()
        place(entry)
        count += 1
        cost += entry.cost
        return evictions
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

    private mutating func growIfNeeded() {
        guard (count + 1) * 2 > slots.count else { return }
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
