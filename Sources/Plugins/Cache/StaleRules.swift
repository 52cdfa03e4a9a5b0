/// What `serve_stale` lets expired entries do, as a value: times in nanoseconds, no clock of its own.
///
/// Source: RFC 8767. The times are those of the Corefile; CoreDNS's defaults differ from the RFC's.
struct StaleRules: Equatable, Sendable {
    /// How long entries answer after they have expired; 0 is not at all.
    var limit: UInt64 = 0
    /// The TTL that they answer with, in seconds.
    var responseTTL: UInt32 = 0
    /// Whether the source is asked before they answer.
    var verifies = false
    /// How long the source is waited for; 0 is until it answers or fails.
    var timeout: UInt64 = 0
    /// How long the source is left alone with a question that it has failed to answer.
    var recheck: UInt64 = 0
    /// Whether answers go before denials that came later.
    var prefersPositive = false
    /// The same as ``recheck`` for entries that have not expired.
    var prefetchPause: UInt64 = 1_000_000_000

    /// Whether those who ask for an entry while the source is asked for it wait as well.
    ///
    /// With a RECHECK they get the expired entry, as in CoreDNS.
    var letsOthersWait: Bool { verifies && recheck == 0 }

    /// What an expired entry is good for.
    func finding(_ entry: CacheEntry, at now: UInt64) -> CacheFinding {
        guard limit > 0, !entry.isUseless(at: now, staleLimit: limit) else { return .nothing }
        return now >= entry.nextRefresh ? .staleAndDue : .stale
    }

    /// Whether `entry`, an answer, must not give way to a denial or to a reply that answers nothing.
    func protects(_ entry: CacheEntry, at now: UInt64) -> Bool {
        prefersPositive && entry.answerCount > 0 && !entry.isUseless(at: now, staleLimit: limit)
    }

    /// The earliest time for another attempt after the source has failed at `now` to answer for an entry that expires at `expiry`.
    ///
    /// Before the entry expires there is no haste; from then on RECHECK alone counts.
    func nextRefresh(afterFailureAt now: UInt64, expiry: UInt64) -> UInt64 {
        let recheckEnd = now &+ recheck
        return now < expiry ? max(recheckEnd, min(expiry, now &+ prefetchPause)) : recheckEnd
    }
}

extension StaleRules {
    /// The shortest time for which a failure counts (RFC 9520 §3.2), in seconds.
    private static let shortestFailure: UInt32 = 1

    init(_ configuration: CacheConfiguration) {
        prefetchPause = UInt64(max(configuration.failureTTL, Self.shortestFailure)) * 1_000_000_000
        guard let stale = configuration.stale else { return }
        limit = stale.limit.wholeNanoseconds
        responseTTL = stale.ttl
        verifies = stale.verifies
        timeout = stale.timeout.wholeNanoseconds
        recheck = stale.recheck.wholeNanoseconds
        prefersPositive = configuration.policy != nil && limit > 0
    }
}
