/// Which entries `prefetch` asks for again before they expire, as a value.
struct PrefetchRules: Equatable, Sendable {
    /// How long an entry that was just asked for again is left alone, in nanoseconds: one with a TTL of a second is always about to
    /// expire.
    static let shortestPause: UInt64 = 500_000_000

    /// How often an entry must have been asked for; 0 is off.
    var amount: UInt32 = 0
    /// The longest pause between two of those queries, in ticks of ``CacheEntry/tick(_:)``.
    var gap: UInt32 = 0
    /// What is left of the TTL, in percent.
    var percentage: UInt32 = 10

    /// Counts a query for `entry`, whose last one is still written in it.
    func count(_ entry: inout CacheEntry, at tick: UInt32) {
        // The clock of another worker may be ahead.
        let pause = max(0, Int32(bitPattern: tick &- entry.lastUsed))
        entry.hits = UInt32(pause) > gap ? 1 : entry.hits == .max ? .max : entry.hits + 1
    }

    /// Whether the source may be asked for `entry`, of whose TTL `remaining` seconds are left.
    func isDue(_ entry: CacheEntry, remaining: UInt32, at now: UInt64) -> Bool {
        entry.hits >= amount && remaining <= threshold(entry.ttl) && now >= entry.nextRefresh
    }

    /// The percentage of `ttl`, rounded up, so that there is always a second for it.
    private func threshold(_ ttl: UInt32) -> UInt32 {
        UInt32((UInt64(ttl) * UInt64(percentage) + 99) / 100)
    }
}

extension PrefetchRules {
    init(_ prefetch: CacheConfiguration.Prefetch) {
        amount = UInt32(clamping: prefetch.amount)
        // Rounded up: a tick is 67 ms.
        gap = UInt32(clamping: (prefetch.gap.wholeNanoseconds &+ (1 << 26) - 1) >> 26)
        percentage = UInt32(clamping: prefetch.percentage)
    }
}
