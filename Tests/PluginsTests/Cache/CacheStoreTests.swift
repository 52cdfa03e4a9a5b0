import DNSServer
import DNSWire
import Testing

@testable import Plugins

@Suite struct CacheStoreTests {
    static func entry(
        _ name: String, octets: Int = 0, code: ResponseCode = .noError, ttl: UInt32 = 60, now: UInt64 = 0,
        isLocal: Bool = false
    ) throws -> CacheEntry {
        let writer = MessageWriter()
        writer.begin(id: 0, flags: .init(rawValue: code.rawValue))
        writer.append(Question(try Name(parsing: name), .A))
        let questionEnd = writer.count
        if octets > 0 {
            let data = [UInt8](repeating: 1, count: octets)
            writer.appendRecord(ownerAt: 12, type: .TXT, ttl: 60, data: data.span)
        }
        writer.finish()
        return CacheEntry(
            try key(name), reply: writer, questionEnd: questionEnd, ttlOffsets: octets > 0 ? [questionEnd + 6] : [],
            ttl: ttl, now: now, source: isLocal ? .local : .upstream)
    }

    static func key(_ name: String) throws -> ReplyKey {
        let wire = try Name(parsing: name).wire
        return ReplyKey(name: wire.span, type: .A, recordClass: .IN, dnssecOK: false, checkingDisabled: false)
    }

    static func shard(capacity: Int, costLimit: Int) -> CacheShard {
        CacheShard(capacity: capacity, costLimit: costLimit, budget: OctetBudget(limit: .max))
    }

    static func has(_ shard: inout CacheShard, _ name: String) throws -> Bool {
        let wire = try Name(parsing: name).wire
        return shard.withEntry(try key(name), wire.span) { _ in true } ?? false
    }

    @Test(
        "capacity is rounded as CoreDNS does: 256 parts of at least 4",
        arguments: [(10_000, 9_984), (9_984, 9_984), (0, 1_024), (-5, 1_024), (1_300, 1_280), (Int.max, 1 << 26)])
    func capacity(_ wanted: Int, _ expected: Int) {
        #expect(CacheStore(CacheBounds(capacity: wanted)).capacity == expected)
    }

    @Test("a store never has more entries than its capacity")
    func entryBound() throws {
        let store = CacheStore(CacheBounds(capacity: 1_024))
        var evictions = 0
        for number in 0..<5_000 { evictions += store.insert(try Self.entry("n\(number).test")) }
        #expect(store.count <= 1_024)
        #expect(store.count > 900)
        #expect(evictions == 5_000 - store.count)
    }

    @Test("a store never takes more octets than its bound, however large the replies")
    func octetBound() throws {
        let store = CacheStore(CacheBounds(capacity: 9_984))
        for number in 0..<1_000 { _ = store.insert(try Self.entry("n\(number).test", octets: 60_000)) }
        #expect(store.cost <= store.costLimit)
        #expect(store.count == 64)
        #expect(store.costLimit <= 16 << 20)
    }

    @Test("an entry for the same question takes the place of the older one")
    func replacement() throws {
        var shard = Self.shard(capacity: 4, costLimit: 1 << 20)
        for ttl: UInt32 in [10, 20, 30] { #expect(shard.insert(try Self.entry("a.test", octets: 10, ttl: ttl)) == 0) }
        #expect(shard.count == 1)
        var other = Self.shard(capacity: 4, costLimit: 1 << 20)
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
            let key = ReplyKey(
                name: wire.span, type: type, recordClass: recordClass, dnssecOK: dnssecOK,
                checkingDisabled: checkingDisabled)
            let isOwn = entry.matches(key, wire.span)
            #expect(!isOwn)
        }
    }

    @Test("an entry that is larger than its shard's bound is not taken in, and nothing goes for it")
    func tooLarge() throws {
        var shard = Self.shard(capacity: 4, costLimit: 1_000)
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
        var shard = Self.shard(capacity: 64, costLimit: 1 << 20)
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

    @Test("what may answer after it has expired stays longer than what answers nobody any more")
    func uselessFirst() throws {
        // By chance alone one in two would be lost; see expiredFirst.
        let lost = try (0..<100).reduce(0) { try $0 + Self.lostStale(shard: $1) }
        #expect(lost * 7 < 100 * 16, "\(lost) of 1600")
    }

    /// Fills a shard with what has expired, half of it too long ago, and puts sixteen more in.
    ///
    /// - Returns: how many had to go that may still answer.
    private static func lostStale(shard number: UInt64) throws -> Int {
        let second = CacheFixture.second
        let bounds = CacheBounds(staleLimit: 100 * second)
        var shard = CacheShard(
            capacity: 64, costLimit: 1 << 20, bounds: bounds, budget: OctetBudget(limit: .max))
        for entry in 0..<64 {
            let came = entry.isMultiple(of: 2) ? 0 : 100 * second
            var entry = try Self.entry("n\(entry).s\(number).test", ttl: 10, now: came)
            entry.lastUsed = 0
            _ = shard.insert(entry)
        }
        for entry in 0..<16 {
            let new = try Self.entry("x\(entry).s\(number).test", ttl: 1_000, now: 120 * second)
            #expect(shard.insert(new) == 1)
        }
        return try stride(from: 1, to: 64, by: 2).count { try !Self.has(&shard, "n\($0).s\(number).test") }
    }

    @Test(
        "RFC 2308 §7: a failure is useless as soon as it has expired, whatever the limit for others",
        arguments: [
            (ResponseCode.noError, 109, false), (.noError, 110, true), (.nameError, 109, false),
            (.serverFailure, 9, false), (.serverFailure, 10, true), (.notImplemented, 10, true),
        ] as [(ResponseCode, UInt64, Bool)])
    func uselessness(_ code: ResponseCode, _ seconds: UInt64, _ isUseless: Bool) throws {
        let entry = try Self.entry("a.test", code: code, ttl: 10)
        let second = CacheFixture.second
        #expect(entry.isUseless(at: seconds * second, staleLimit: 100 * second) == isUseless)
    }

    @Test("a smaller cache keeps what answered last, and gives back what it takes no more")
    func shrinking() throws {
        let budget = OctetBudget(limit: 1 << 30)
        let store = CacheStore(CacheBounds(capacity: 100_000), budget: budget)
        for number in 0..<20_000 {
            var entry = try Self.entry("n\(number).test", ttl: 1_000)
            entry.lastUsed = UInt32(number)
            _ = store.insert(entry)
        }
        store.adapt(to: CacheBounds(capacity: 2_048), now: 0)
        #expect(store.capacity == 2_048 && store.count <= 2_048 && store.count > 1_900)
        #expect(store.cost <= store.costLimit && budget.used == store.cost)
        let late = try (16_000..<20_000).count { number in
            let wire = try Name(parsing: "n\(number).test").wire
            return store.withEntry(try Self.key("n\(number).test"), wire.span) { _ in true } ?? false
        }
        // Each part of the cache keeps its own last ones.
        #expect(late == store.count)
        store.adapt(to: CacheBounds(capacity: 100_000), now: 0)
        let before = store.count
        for number in 0..<5_000 { #expect(store.insert(try Self.entry("m\(number).test")) == 0) }
        #expect(store.count == before + 5_000)
    }

    @Test("a table that is too large for the new bound is made smaller, and everything in it is found")
    func smallerTable() throws {
        let budget = OctetBudget(limit: 1 << 30)
        var shard = CacheShard(capacity: 10_000, costLimit: 1 << 24, budget: budget)
        for number in 0..<2_000 { _ = shard.insert(try Self.entry("n\(number).test")) }
        for number in 200..<2_000 {
            let wire = try Name(parsing: "n\(number).test").wire
            shard.remove(try Self.key("n\(number).test"), wire.span)
        }
        shard.adapt(capacity: 1_000, costLimit: 100_000, bounds: CacheBounds(), now: 0)
        #expect(shard.count == 200 && shard.cost <= 100_000 && budget.used == shard.cost)
        for number in 0..<200 { #expect(try Self.has(&shard, "n\(number).test")) }
        shard.giveBack()
        #expect(budget.used == 0)
    }

    @Test("a slot of the table is one cache line")
    func slot() {
        #expect(MemoryLayout<CacheEntry>.stride == 64)
    }

    @Test("what answered lately stays")
    func recentlyUsed() throws {
        var shard = Self.shard(capacity: 64, costLimit: 1 << 20)
        for number in 0..<64 { _ = shard.insert(try Self.entry("n\(number).test", ttl: 10_000)) }
        let wire = try Name(parsing: "n0.test").wire
        for number in 64..<1_000 {
            _ = shard.withEntry(try Self.key("n0.test"), wire.span) {
                $0.lastUsed = CacheEntry.tick(UInt64(number) * CacheFixture.second)
            }
            _ = shard.insert(
                try Self.entry("n\(number).test", ttl: 10_000, now: UInt64(number) * CacheFixture.second))
        }
        #expect(try Self.has(&shard, "n0.test"))
        #expect(shard.count == 64)
    }

    @Test("the table finds what is in it and nothing else, whatever comes and goes")
    func model() throws {
        var random = SystemRandomNumberGenerator()
        var shard = Self.shard(capacity: 1 << 20, costLimit: 1 << 30)
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
