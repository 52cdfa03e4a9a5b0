import DNSServer
import DNSWire

/// One part of a cache: a hash table of entries, bounded in entries, in octets, and by what all caches may take together.
///
/// Whoever uses it holds its lock. The hash is keyed by a secret of the process (``NameHash``), so that nobody outside can choose
/// names that fall into one place, nor what is left out.
///
/// Shape: open addressing with linear probing over a power of two of slots, of which at most half are used. The table starts
/// small and grows up to its bound.
///
/// Large entries (``CacheEntry/isLarge``) have an eighth of the octets, and no small one goes for the octets of a large one: a few hundred
/// replies that somebody made large on purpose would else drive out thousands.
struct CacheShard: Sendable {
    private var slots: ContiguousArray<CacheEntry>
    private(set) var count = 0
    /// Octets of the entries and of the table.
    private(set) var cost = 0
    private(set) var capacity: Int
    private(set) var costLimit: Int
    private var bounds: CacheBounds
    /// What large entries take of ``cost``.
    private var largeCost = 0
    private let budget: OctetBudget

    /// What a shard may have whatever other caches take.
    static let guaranteedCost = 8_192
    private static let initialSlots = 8
    private static let slotCost = MemoryLayout<CacheEntry>.stride

    /// - Parameters:
    ///   - capacity: entries of this shard.
    ///   - costLimit: octets of this shard.
    ///   - bounds: what bounds the cache otherwise.
    ///   - budget: octets of all caches together.
    init(capacity: Int, costLimit: Int, bounds: CacheBounds = CacheBounds(), budget: OctetBudget) {
        self.capacity = capacity
        self.costLimit = costLimit
        self.bounds = bounds
        self.budget = budget
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
    mutating func withEntry<Result>(_ key: ReplyKey, _ name: Span<UInt8>, _ body: (inout CacheEntry) -> Result)
        -> Result?
    {
        guard let index = find(key, name) else { return nil }
        return body(&slots[index])
    }

    /// Takes in `entry`, in place of an older one for the same question; for no longer than the bounds allow.
    ///
    /// - Returns: how many other entries had to go.
    mutating func insert(_ entry: CacheEntry) -> Int {
        guard Self.initialSlots * Self.slotCost + entry.cost <= costLimit,
            entry.messageLength <= bounds.largestReply
        else { return 0 }
        remove(entry.key, entry.octets.span.extracting(0..<entry.nameLength))
        // The bounds may have been lowered since the reply was judged.
        guard entry.ttl > bounds.limit(of: entry) else { return takeIn(entry) }
        var entry = entry
        entry.limitTTL(to: bounds.limit(of: entry))
        return entry.ttl > 0 ? takeIn(entry) : 0
    }

    private mutating func takeIn(_ entry: CacheEntry) -> Int {
        guard !entry.isLarge else { return takeInLarge(entry) }
        var evictions = 0
        while !hasRoom(for: entry) {
            guard count > 0 else { return evictions }
            remove(at: victim(near: home(of: entry.key.hash), at: entry.stored))
            evictions += 1
        }
        add(entry)
        return evictions
    }

    /// Adds an entry for which there is room.
    private mutating func add(_ entry: CacheEntry) {
        growIfNeeded()
        place(entry)
        count += 1
        if entry.isLarge { largeCost += entry.cost }
    }

    /// Takes what `entry` and the growth of the table for it need, if all bounds allow it.
    private mutating func hasRoom(for entry: CacheEntry) -> Bool {
        let more = entry.cost + (mustGrow ? slots.count * Self.slotCost : 0)
        guard count < capacity, cost + more <= costLimit else { return false }
        guard !entry.isLarge || largeCost + entry.cost <= largeLimit else { return false }
        if !budget.take(more) {
            guard cost + more <= Self.guaranteedCost else { return false }
            budget.takeAnyway(more)
        }
        cost += more
        return true
    }

    /// Leaves out the entry for the question, if there is one and `condition` holds for it.
    mutating func remove(
        _ key: ReplyKey, _ name: Span<UInt8>, where condition: (CacheEntry) -> Bool = { _ in true }
    ) {
        guard let index = find(key, name), condition(slots[index]) else { return }
        remove(at: index)
    }

    /// Keeps what the new bounds allow, for as long as they allow it.
    ///
    /// - Complexity: O(entries), and O(n log n) when some have to go.
    mutating func adapt(capacity: Int, costLimit: Int, bounds: CacheBounds, now: UInt64) {
        guard bounds != self.bounds || capacity != self.capacity || costLimit != self.costLimit else { return }
        (self.capacity, self.costLimit, self.bounds) = (capacity, costLimit, bounds)
        for index in slots.indices where !slots[index].isVacant {
            slots[index].limitTTL(to: bounds.limit(of: slots[index]))
        }
        let isTooLarge = slots.contains { $0.messageLength > bounds.largestReply }
        if isTooLarge || count > capacity || cost > costLimit || largeCost > largeLimit { shrink(at: now) }
    }

    /// Leaves out what was made by plugins of this server.
    ///
    /// - Complexity: O(entries).
    mutating func removeLocal() {
        guard slots.contains(where: { !$0.isVacant && $0.isLocal }) else { return }
        refill(with: slots.filter { !$0.isVacant && !$0.isLocal })
    }

    /// Keeps those that answered last, up to the bounds.
    private mutating func shrink(at now: UInt64) {
        let kept = slots.filter {
            !$0.isVacant && !$0.isUseless(at: now, staleLimit: bounds.staleLimit)
                && $0.messageLength <= bounds.largestReply
        }
        refill(with: kept.sorted { CacheEntry.isEarlier($1.lastUsed, $0.lastUsed) })
    }

    /// Fills a new table with `kept`, up to the bounds.
    private mutating func refill(with kept: some Sequence<CacheEntry>) {
        budget.give(cost)
        slots = ContiguousArray(repeating: .vacant, count: Self.initialSlots)
        (count, cost, largeCost) = (0, Self.initialSlots * Self.slotCost, 0)
        budget.takeAnyway(cost)
        for entry in kept where hasRoom(for: entry) { add(entry) }
    }

    // MARK: The table

    private func home(of hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash) & (slots.count - 1)
    }

    private func find(_ key: ReplyKey, _ name: Span<UInt8>) -> Int? {
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

    /// The entry to leave out next: of the few that follow the slot `home` one that answers nobody any more, else the one that has not
    /// answered for longest.
    ///
    /// Which entries are neighbours is chance, and they are where a new entry is looked for and put anyway: others would have to be
    /// fetched from memory, one by one.
    private func victim(near home: Int, at now: UInt64) -> Int {
        var victim = usedSlot(from: home)
        var other = victim
        for _ in 1..<Self.sample where !isUseless(victim, now) {
            other = usedSlot(from: (other + 1) & (slots.count - 1))
            let isOlder = CacheEntry.isEarlier(slots[other].lastUsed, slots[victim].lastUsed)
            if isOlder || isUseless(other, now) { victim = other }
        }
        return victim
    }

    private func isUseless(_ index: Int, _ now: UInt64) -> Bool {
        slots[index].isUseless(at: now, staleLimit: bounds.staleLimit)
    }

    private mutating func remove(at index: Int) {
        cost -= slots[index].cost
        if slots[index].isLarge { largeCost -= slots[index].cost }
        budget.give(slots[index].cost)
        slots[index] = .vacant
        count -= 1
        closeGap(at: index)
    }

    /// The first used slot from `start` on; there must be one.
    private func usedSlot(from start: Int) -> Int {
        var index = start
        while slots[index].isVacant { index = (index + 1) & (slots.count - 1) }
        return index
    }
}

// MARK: Large entries

extension CacheShard {
    /// What large entries may take together: an eighth, and always room for one.
    private var largeLimit: Int { max(costLimit / 8, bounds.largestCost) }

    /// Takes in a large entry in the place of other large ones.
    ///
    /// - Returns: how many entries had to go.
    private mutating func takeInLarge(_ entry: CacheEntry) -> Int {
        var evictions = 0
        while !hasRoom(for: entry) {
            if count >= capacity, largeCost + entry.cost <= largeLimit {
                return evictions + (exchange(forLarge: entry) ? 1 : 0)
            }
            guard let index = largeSlot(near: home(of: entry.key.hash), at: entry.stored) else { return evictions }
            remove(at: index)
            evictions += 1
        }
        add(entry)
        return evictions
    }

    /// Puts a large entry in the place of one other, of whatever size; of a table with as many entries as it may have, of which the large
    /// ones have less than their share.
    ///
    /// - Returns: false when there is no room for it then; nothing has changed.
    private mutating func exchange(forLarge entry: CacheEntry) -> Bool {
        let index = victim(near: home(of: entry.key.hash), at: entry.stored)
        let other = slots[index]
        remove(at: index)
        let isTakenIn = hasRoom(for: entry)
        if isTakenIn || hasRoom(for: other) { add(isTakenIn ? entry : other) }
        return isTakenIn
    }

    /// The large entry to leave out next; nil when there is none.
    ///
    /// - Complexity: O(slots), of which there are a few hundred for each large entry.
    private func largeSlot(near home: Int, at now: UInt64) -> Int? {
        guard largeCost > 0 else { return nil }
        var (found, compared) = (Int?.none, 0)
        for step in 0..<slots.count where compared < Self.sample {
            let index = (home + step) & (slots.count - 1)
            guard !slots[index].isVacant, slots[index].isLarge else { continue }
            compared += 1
            let isOlder = found.map { CacheEntry.isEarlier(slots[index].lastUsed, slots[$0].lastUsed) } ?? true
            if isOlder || isUseless(index, now) { found = index }
        }
        return found
    }
}
