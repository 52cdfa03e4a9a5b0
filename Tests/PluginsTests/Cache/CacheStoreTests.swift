import DNSServer
import DNSWire
import Testing

@testable import Plugins

@Suite struct CacheStoreTests {
    static func entry(_ name: String, octets: Int = 0, ttl: UInt32 = 60, now: UInt64 = 0) throws -> CacheEntry {
        let writer = MessageWriter()
        writer.begin(id: 0, flags: .init(rawValue: 0))
        writer.append(Question(try Name(parsing: name), .A))
        let questionEnd = writer.count
        if octets > 0 {
            let data = [UInt8](repeating: 1, count: octets)
            writer.appendRecord(ownerAt: 12, type: .TXT, ttl: 60, data: data.span)
        }
        writer.finish()
        return CacheEntry(
            try key(name), reply: writer, questionEnd: questionEnd, ttlOffsets: octets > 0 ? [questionEnd + 6] : [],
            ttl: ttl,
            now: now)
    }

    static func key(_ name: String) throws -> CacheKey {
        let wire = try Name(parsing: name).wire
        return CacheKey(name: wire.span, type: .A, recordClass: .IN, dnssecOK: false, checkingDisabled: false)
    }

    static func shard(capacity: Int, costLimit: Int, seed: UInt64) -> CacheShard {
        CacheShard(capacity: capacity, costLimit: costLimit, seed: seed, budget: OctetBudget(limit: .max))
    }

    static func has(_ shard: inout CacheShard, _ name: String) throws -> Bool {
        let wire = try Name(parsing: name).wire
        return shard.withEntry(try key(name), wire.span) { _ in true } ?? false
    }

    @Test(
        "capacity is rounded as CoreDNS does: 256 parts of at least 4",
        arguments: [(10_000, 9_984), (9_984, 9_984), (0, 1_024), (-5, 1_024), (1_300, 1_280), (Int.max, 1 << 26)])
    func capacity(_ wanted: Int, _ expected: Int) {
        #expect(CacheStore(capacity: wanted).capacity == expected)
    }

    @Test("a store never has more entries than its capacity")
    func entryBound() throws {
        let store = CacheStore(capacity: 1_024)
        var evictions = 0
        for number in 0..<5_000 { evictions += store.insert(try Self.entry("n\(number).test")) }
        #expect(store.count <= 1_024)
        #expect(store.count > 900)
        #expect(evictions == 5_000 - store.count)
    }

    @Test("a store never takes more octets than its bound, however large the replies")
    func octetBound() throws {
        let store = CacheStore(capacity: 9_984)
        for number in 0..<1_000 { _ = store.insert(try Self.entry("n\(number).test", octets: 60_000)) }
        #expect(store.cost <= store.costLimit)
        #expect(store.count > 64)
        #expect(store.costLimit <= 16 << 20)
    }

    @Test("an entry for the same question takes the place of the older one")
    func replacement() throws {
        var shard = Self.shard(capacity: 4, costLimit: 1 << 20, seed: 1)
        for ttl: UInt32 in [10, 20, 30] { #expect(shard.insert(try Self.entry("a.test", octets: 10, ttl: ttl)) == 0) }
        #expect(shard.count == 1)
        var other = Self.shard(capacity: 4, costLimit: 1 << 20, seed: 1)
        _ = other.insert(try Self.entry("a.test", octets: 10))
        #expect(shard.cost == other.cost)
        let wire = try Name(parsing: "A.test").wire
        #expect(shard.withEntry(try Self.key("a.test"), wire.span) { $0.ttl } == 30)
    }

    @Test("an entry answers its own question only, whatever the hash")
    func matches() throws {
        let entry = try Self.entry("a.test")
        let (wire, other) = (try Name(parsing: "A.test").wire, try Name(parsing: "b.test").wire)
        let (isOwn, isOther) = (entry.matches(entry.key, wire.span), entry.matches(entry.key, other.span))
        #expect(isOwn && !isOther)
        for (type, recordClass, dnssecOK, checkingDisabled) in [
            (RecordType.AAAA, RecordClass.IN, false, false), (.A, .ANY, false, false), (.A, .IN, true, false),
            (.A, .IN, false, true),
        ] {
            let key = CacheKey(
                name: wire.span, type: type, recordClass: recordClass, dnssecOK: dnssecOK,
                checkingDisabled: checkingDisabled)
            let isOwn = entry.matches(key, wire.span)
            #expect(!isOwn)
        }
    }

    @Test("an entry that is larger than its shard's bound is not taken in, and nothing goes for it")
    func tooLarge() throws {
        var shard = Self.shard(capacity: 4, costLimit: 1_000, seed: 1)
        _ = shard.insert(try Self.entry("a.test"))
        #expect(shard.insert(try Self.entry("b.test", octets: 2_000)) == 0)
        #expect(try Self.has(&shard, "a.test"))
        #expect(try !Self.has(&shard, "b.test"))
    }

    @Test("what has expired goes first")
    func expiredFirst() throws {
        // Names are hashed with a secret, so what happens in one shard is chance; over a hundred of them it is not.
        let evictions = try (0..<100).map { try Self.evictions(shard: $0) }
        let (count, good) = (evictions.count * 16, evictions.reduce(0, +))
        // Six are compared each time, a quarter to a half of which have expired: one good entry goes in eleven times.
        // With four compared it would be one in six times, by chance alone nearly every other time.
        #expect(good * 7 < count, "\(good) of \(count)")
    }

    /// Fills a shard half with what expires, and puts sixteen more in.
    ///
    /// - Returns: how many good ones had to go for them.
    private static func evictions(shard number: UInt64) throws -> Int {
        var shard = Self.shard(capacity: 64, costLimit: 1 << 20, seed: number)
        for entry in 0..<64 {
            let ttl: UInt32 = entry.isMultiple(of: 2) ? 1 : 1_000
            _ = shard.insert(try Self.entry("n\(entry).s\(number).test", ttl: ttl))
        }
        for entry in 0..<16 {
            let now = 2 * CacheFixture.second
            #expect(shard.insert(try Self.entry("x\(entry).s\(number).test", ttl: 1_000, now: now)) == 1)
        }
        #expect(shard.count == 64)
        return try stride(from: 1, to: 64, by: 2).count { try !Self.has(&shard, "n\($0).s\(number).test") }
    }

    @Test("what answered lately stays")
    func recentlyUsed() throws {
        var shard = Self.shard(capacity: 64, costLimit: 1 << 20, seed: 7)
        for number in 0..<64 { _ = shard.insert(try Self.entry("n\(number).test", ttl: 10_000)) }
        let wire = try Name(parsing: "n0.test").wire
        for number in 64..<1_000 {
            _ = shard.withEntry(try Self.key("n0.test"), wire.span) { $0.lastUsed = UInt32(number) }
            _ = shard.insert(
                try Self.entry("n\(number).test", ttl: 10_000, now: UInt64(number) * CacheFixture.second))
        }
        #expect(try Self.has(&shard, "n0.test"))
        #expect(shard.count == 64)
    }

    @Test("the table finds what is in it and nothing else, whatever comes and goes")
    func model() throws {
        var random = SystemRandomNumberGenerator()
        var shard = Self.shard(capacity: 1 << 20, costLimit: 1 << 30, seed: 3)
        var model: [String: UInt32] = [:]
        for ttl: UInt32 in 1...3_000 {
            let name = "n\(Int.random(in: 0..<700, using: &random)).test"
            _ = shard.insert(try Self.entry(name, ttl: ttl))
            model[name] = ttl
        }
        #expect(shard.count == model.count)
        for number in 0..<700 {
            let wire = try Name(parsing: "n\(number).test").wire
            #expect(shard.withEntry(try Self.key("n\(number).test"), wire.span) { $0.ttl } == model["n\(number).test"])
        }
    }
}
