import DNSServer
import DNSWire
import Glibc
import Testing

@testable import Plugins

@Suite("What caches take of the memory")
struct CacheBudgetTests {
    private typealias Entries = CacheStoreTests

    /// A reply as most are: a name of 30 octets with two addresses.
    private static func usualEntry(_ number: Int) throws -> CacheEntry {
        try Entries.entry("n\(100_000 + number).some.example.org", octets: 20)
    }

    @Test("An entry counts for what malloc takes for it", arguments: [0, 1, 7, 8, 9, 20, 100, 1_000, 60_000])
    func honesty(octets: Int) throws {
        let entry = try Entries.entry("n.test", octets: octets)
        typealias Size = @convention(c) (UnsafeMutableRawPointer?) -> Int
        let symbol = try unsafe #require(unsafe dlsym(nil, "malloc_usable_size"))
        let usableSize = unsafe unsafeBitCast(symbol, to: Size.self)
        let taken = unsafe entry.octets.withUnsafeBufferPointer { buffer in
            // An array's elements stand 32 octets behind the start of its allocation; malloc has 8 before that.
            unsafe usableSize(UnsafeMutableRawPointer(mutating: buffer.baseAddress! - 32)) + 8
        }
        // What would be left of a free piece may be too small to be one, and goes with it.
        #expect((entry.cost...entry.cost + 16).contains(taken))
    }

    @Test("Two full caches of the default size fit into kubeadm's memory, with usual replies")
    func defaults() throws {
        let limits = ResourceLimits(memory: MemoryLimit(octets: 170 << 20, source: .cgroup))
        let budget = OctetBudget(limit: limits.cacheOctets)
        let stores = [
            CacheStore(CacheBounds(capacity: 9_984), budget: budget),
            CacheStore(CacheBounds(capacity: 9_984), budget: budget),
        ]
        for store in stores {
            for number in 0..<12_000 { _ = store.insert(try Self.usualEntry(number)) }
            // Shards fill unevenly; the bound in entries is all that leaves something out.
            #expect(store.count > 9_900)
            #expect((3 << 20...4 << 20).contains(store.cost))
        }
        #expect(budget.used == stores[0].cost + stores[1].cost)
    }

    @Test("All caches together never take more than the budget, but for what each one has for certain")
    func together() throws {
        let budget = OctetBudget(limit: 2 << 20)
        let (large, small) = (
            CacheStore(CacheBounds(capacity: 100_000), budget: budget),
            CacheStore(CacheBounds(capacity: 9_984), budget: budget)
        )
        for number in 0..<20_000 { _ = large.insert(try Self.usualEntry(number)) }
        #expect(budget.used <= budget.limit)
        for number in 0..<20_000 { _ = small.insert(try Self.usualEntry(number)) }
        let guaranteed = CacheStore.shardCount * CacheShard.guaranteedCost
        #expect(budget.used <= budget.limit + guaranteed)
        #expect(budget.used == large.cost + small.cost)
        #expect(small.cost > guaranteed * 3 / 4 && small.count > 1_000)
    }

    @Test("What goes is given back, and a cache that ends gives back everything")
    func givingBack() throws {
        let budget = OctetBudget(limit: 1 << 24)
        var store: CacheStore? = CacheStore(CacheBounds(capacity: 1_024), budget: budget)
        let empty = budget.used
        #expect(empty == store?.cost)
        for number in 0..<100 { _ = store?.insert(try Self.usualEntry(number)) }
        let full = budget.used
        for number in 0..<100 {
            let entry = try Self.usualEntry(number)
            store?.remove(entry.key, entry.octets.span.extracting(0..<entry.nameLength))
        }
        #expect(store?.count == 0 && budget.used < full && budget.used == store?.cost)
        store = nil
        #expect(budget.used == 0)
    }

    @Test("Names that fall into one place under one key do not under another")
    func keys() throws {
        let (one, other) = (NameHash.Seed(), NameHash.Seed())
        var colliding: [[UInt8]] = []
        for number in 0..<40_000 {
            let wire = try Name(parsing: "n\(number).test").wire
            if NameHash.hash(wire.span, in: 0..<wire.count, seed: one) & 0x3FF == 0 { colliding.append(wire) }
        }
        try #require(colliding.count > 10)
        let again = colliding.filter { NameHash.hash($0.span, in: 0..<$0.count, seed: other) & 0x3FF == 0 }
        #expect(again.count < colliding.count / 2)
    }
}
