import DNSServer
import DNSWire
import Telemetry

/// Failures of resolution: that nobody said anything, or nothing that could be used.
///
/// They stand among the denials, so that they are bounded as those are. Source: RFC 9520 §3.2.
extension CacheHandler {
    /// How long the first failure is kept, in seconds: the least there may be.
    private static let firstFailureTTL: UInt32 = 1
    /// For how long a failure that has expired makes the next one be kept longer, in nanoseconds.
    private static let failureMemory: UInt64 = 30_000_000_000

    /// Keeps the failure of `query`, if it is one of resolution: twice as long as the one before it, and no longer than `servfail` says.
    func remember(_ query: Query, now: UInt64) {
        let limit = configuration.failureTTL
        guard let failure = query.failure, failure.isOfResolution, limit > 0, query.header.flags.opcode == .query,
            !isDisabled(.denial, query), let key = ReplyKey(query)
        else { return }
        let former = denial.withEntry(key, query.name) { entry in
            entry.extendedError != nil && now < entry.expiry &+ Self.failureMemory ? entry.ttl : 0
        }
        let isSilence = failure.extendedError == .noReachableAuthority
        let entry = CacheEntry(
            key, reply: query.reply, questionEnd: query.questionEnd, ttlOffsets: [],
            ttl: min(max(Self.firstFailureTTL, (former ?? 0) * 2), limit), now: now,
            source: isSilence ? .silence : .networkError)
        metrics.failures.increment(in: shard)
        let evictions = denial.insert(entry)
        if evictions > 0 { metrics.denialEvictions.increment(by: UInt64(evictions), in: shard) }
    }
}
