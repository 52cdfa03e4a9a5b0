/// What bounds the entries of a cache: how many there may be, and how long they may answer.
struct CacheBounds: Equatable, Sendable {
    /// How many entries the user wants; CoreDNS's default is 9984.
    var capacity = 10_000
    /// The longest TTL, in seconds.
    var maximumTTL = UInt32.max
    /// The longest TTL of failures of the source, in seconds.
    var failureTTL = UInt32.max
    /// How many octets a reply may have.
    var largestReply = 65_535
    /// How long entries answer after they have expired, in nanoseconds; failures do not.
    var staleLimit: UInt64 = 0

    /// What the largest entry takes: its octets, and two for each record, of which none has less than eleven.
    var largestCost: Int { largestReply + largestReply / 5 }

    /// How long `entry` may be good for, in seconds.
    func limit(of entry: CacheEntry) -> UInt32 {
        entry.isFailure ? failureTTL : maximumTTL
    }
}

extension CacheConfiguration {
    /// The bounds of one of the two caches.
    func bounds(of side: Side) -> CacheBounds {
        CacheBounds(
            capacity: side.capacity, maximumTTL: side.maximumTTL, failureTTL: failureTTL,
            largestReply: largestReply,
            staleLimit: StaleRules(self).limit)
    }
}
