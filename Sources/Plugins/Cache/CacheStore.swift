import DNSServer
import DNSWire
import Synchronization

/// One of the two caches, shared by all workers: shards with a lock each.
///
/// It is bounded three times: in entries, as the user says, in octets, so that large replies cannot fill the memory, and by what
/// all caches of the process may take together.
final class CacheStore: Sendable {
    static let shardCount = 64

    private final class Shard: Sendable {
        let state: Mutex<CacheShard>

        init(_ state: CacheShard) {
            self.state = Mutex(state)
        }

        deinit {
            state.withLock { $0.giveBack() }
        }
    }

    /// Visited without counting: workers would fight over the counts of those that are asked most.
    private let shards: UncountedObjects<Shard>

    /// Makes an empty cache.
    ///
    /// - Parameter budget: octets of all caches together.
    init(_ bounds: CacheBounds, budget: OctetBudget = OctetBudget(limit: .max)) {
        let (perShard, costPerShard) = Self.share(of: bounds.capacity)
        shards = UncountedObjects(
            (0..<Self.shardCount).map { _ in
                Shard(
                    CacheShard(
                        capacity: perShard, costLimit: costPerShard, bounds: bounds, budget: budget))
            })
    }

    /// Keeps what the new bounds allow, for as long as they allow it.
    ///
    /// - Complexity: O(entries), a shard being locked at a time.
    func adapt(to bounds: CacheBounds, now: UInt64) {
        let (perShard, costPerShard) = Self.share(of: bounds.capacity)
        for index in 0..<shards.count {
            shards.with(index) { shard in
                shard.state.withLock {
                    $0.adapt(capacity: perShard, costLimit: costPerShard, bounds: bounds, now: now)
                }
            }
        }
    }

    /// Leaves out what was made by plugins of this server.
    func removeLocal() {
        for index in 0..<shards.count { shards.with(index) { $0.state.withLock { $0.removeLocal() } } }
    }

    /// What one shard has of a cache for which the user wants `capacity` entries.
    ///
    /// CoreDNS spreads them over 256 parts and gives each at least 4; the same total is kept here.
    private static func share(of capacity: Int) -> (capacity: Int, cost: Int) {
        let perShard = max(min(capacity, largestCapacity) / 256, 4) * 256 / shardCount
        return (perShard, max(perShard * costPerEntry, smallestShardCost))
    }

    private static let largestCapacity = 1 << 26
    /// Octets allowed for each entry on average; replies rarely have more than a third of it.
    private static let costPerEntry = 1_024
    /// Room for the largest message there can be.
    private static let smallestShardCost = 128 * 1_024

    /// How many entries there can be.
    var capacity: Int { sum { $0.capacity } }

    /// How many octets it can take, tables included.
    var costLimit: Int { sum { $0.costLimit } }

    /// The number of entries, expired ones included.
    var count: Int { sum { $0.count } }

    /// Octets that it takes, tables included.
    var cost: Int { sum { $0.cost } }

    private func sum(_ figure: (borrowing CacheShard) -> Int) -> Int {
        (0..<shards.count).reduce(0) { sum, index in
            sum + shards.with(index) { $0.state.withLock { figure($0) } }
        }
    }

    /// Calls `body` with the entry for the question, expired or not, while its shard is locked.
    ///
    /// - Complexity: O(1) expected.
    /// - Returns: what `body` gives, or nil when there is no such entry.
    func withEntry<Result: Sendable>(
        _ key: ReplyKey, _ name: Span<UInt8>, _ body: (inout CacheEntry) -> Result
    ) -> Result? {
        shards.with(index(key)) { $0.state.withLock { $0.withEntry(key, name, body) } }
    }

    /// Takes in `entry`, in place of an older one for the same question.
    ///
    /// - Returns: how many other entries had to go.
    func insert(_ entry: CacheEntry) -> Int {
        shards.with(index(entry.key)) { $0.state.withLock { $0.insert(entry) } }
    }

    /// Leaves out the entry for the question, if there is one and `condition` holds for it.
    func remove(_ key: ReplyKey, _ name: Span<UInt8>, where condition: (CacheEntry) -> Bool = { _ in true }) {
        shards.with(index(key)) { $0.state.withLock { $0.remove(key, name, where: condition) } }
    }

    private func index(_ key: ReplyKey) -> Int {
        // The upper bits: the lower ones choose the slot.
        Int(truncatingIfNeeded: key.hash >> 48) & (Self.shardCount - 1)
    }
}
