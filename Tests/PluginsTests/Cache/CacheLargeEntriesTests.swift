import DNSServer
import DNSWire
import Testing

@testable import Plugins

@Suite("cache: large replies have a share of their own")
struct CacheLargeEntriesTests {
    /// How many of the names `n0.test` to `n(count - 1).test` are there.
    private static func found(_ count: Int, in store: CacheStore) throws -> Int {
        try (0..<count).count { number in
            let wire = try Name(parsing: "n\(number).test").wire
            return store.withEntry(try CacheStoreTests.key("n\(number).test"), wire.span) { _ in true } ?? false
        }
    }

    @Test(
        "however many large replies come, they drive out none of 8,000 small ones, and some are kept",
        arguments: [(2_100, 8_192), (8_000, 8_192), (59_000, 65_535)])
    func flood(_ octets: Int, _ largest: Int) throws {
        let store = CacheStore(CacheBounds(capacity: 9_984, largestReply: largest))
        for number in 0..<8_000 { _ = store.insert(try CacheStoreTests.entry("n\(number).test", octets: 150)) }
        // A table can be full by chance.
        let before = try Self.found(8_000, in: store)
        #expect(before > 7_900)
        var evictions = 0
        for number in 0..<2_000 {
            evictions += store.insert(try CacheStoreTests.entry("large\(number).test", octets: octets))
        }
        #expect(try Self.found(8_000, in: store) >= before - 60)
        #expect(store.count >= before + 50 && evictions > 0)
        #expect(store.cost <= store.costLimit)
    }

    @Test("in a full cache they take the place of one in sixteen at most")
    func full() throws {
        let store = CacheStore(CacheBounds(capacity: 9_984, largestReply: 8_192))
        for number in 0..<20_000 { _ = store.insert(try CacheStoreTests.entry("n\(number).test", octets: 150)) }
        let before = try Self.found(20_000, in: store)
        for number in 0..<10_000 {
            _ = store.insert(try CacheStoreTests.entry("large\(number).test", octets: 2_100))
        }
        let after = try Self.found(20_000, in: store)
        #expect(before > 9_900 && after < before && before - after <= 9_984 / 16)
        #expect(store.count <= store.capacity)
    }

    @Test("when other caches leave no memory, no small one goes for a large one")
    func withoutMemory() throws {
        let budget = OctetBudget(limit: 900_000)
        let store = CacheStore(CacheBounds(capacity: 9_984, largestReply: 8_192), budget: budget)
        for number in 0..<8_000 { _ = store.insert(try CacheStoreTests.entry("n\(number).test", octets: 150)) }
        let before = try Self.found(8_000, in: store)
        for number in 0..<2_000 {
            _ = store.insert(try CacheStoreTests.entry("large\(number).test", octets: 8_000))
        }
        #expect(try before > 1_000 && Self.found(8_000, in: store) == before)
    }

    @Test("of the large ones those go first that have not answered for longest")
    func oldest() throws {
        var shard = CacheShard(
            capacity: 100, costLimit: 80_000, bounds: CacheBounds(largestReply: 4_096),
            budget: OctetBudget(limit: .max))
        for number in 0..<3 as Range<UInt64> {
            let entry = try CacheStoreTests.entry("l\(number).test", octets: 3_000, now: number << 30)
            #expect(shard.insert(entry) == 0)
        }
        let next = try CacheStoreTests.entry("next.test", octets: 3_000, now: 9 << 30)
        #expect(shard.insert(next) == 1)
        #expect(try !CacheStoreTests.has(&shard, "l0.test"))
        #expect(try CacheStoreTests.has(&shard, "l1.test") && CacheStoreTests.has(&shard, "next.test"))
    }

    @Test("a smaller max_size after a reload drops what is larger")
    func adapted() throws {
        let store = CacheStore(CacheBounds(capacity: 9_984, largestReply: 65_535))
        for (number, octets) in [100, 3_000, 9_000, 50_000].enumerated() {
            _ = store.insert(try CacheStoreTests.entry("n\(number).test", octets: octets))
        }
        store.adapt(to: CacheBounds(capacity: 9_984, largestReply: 8_192), now: 0)
        #expect(try store.count == 2 && Self.found(2, in: store) == 2)
    }
}
