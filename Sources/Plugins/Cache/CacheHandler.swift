import DNSServer
import DNSWire
import Telemetry

/// `cache` in one worker.
///
/// Unchecked Sendable: only its worker's thread uses it; what handlers of other workers tell it comes by ``Worker/execute(_:)``.
final class CacheHandler: ReplyHandler, @unchecked Sendable {
    // Copies of the plugin's, so that a query costs no reference counting to reach them.
    private let zones: ZoneScope
    let disabledSuccess: ZoneScope
    let disabledDenial: ZoneScope
    private let haveSameDisabled: Bool
    let success: CacheStore
    let denial: CacheStore
    let metrics: CacheMetrics
    let configuration: CacheConfiguration
    let prefetch: PrefetchRules
    let stale: StaleRules
    let board: RefreshBoard
    let worker: Worker
    let shard: MetricShard
    let scan = ReplyScan()
    /// The queries that wait for the source's word on an expired entry.
    var waiters = StaleWaiters()
    /// Where they stand among all that wait; from the first one on.
    var line: WaitingRoom.Line?

    init(_ plugin: CachePlugin, _ worker: Worker) {
        zones = plugin.zones
        disabledSuccess = plugin.disabledSuccess
        disabledDenial = plugin.disabledDenial
        haveSameDisabled = disabledSuccess.texts == disabledDenial.texts
        success = plugin.state.success
        denial = plugin.state.denial
        board = plugin.state.board
        metrics = plugin.metrics
        configuration = plugin.configuration
        prefetch = PrefetchRules(plugin.configuration.prefetch)
        stale = StaleRules(plugin.configuration)
        self.worker = worker
        shard = worker.shard
    }

    /// What the cache has for a query.
    enum Answer: Equatable {
        /// Nothing: the source is asked.
        case none
        /// The reply stands in the query.
        case given
        /// The query waits for the source's word on an expired entry.
        case awaited
    }

    func handle(_ query: Query) -> Verdict {
        guard query.header.flags.opcode == .query, zones.contains(query.name) else { return .next }
        metrics.requests.increment(in: shard)
        switch answer(query, now: query.now) {
        case .given: return .reply
        case .awaited: return .parked
        case .none:
            metrics.misses.increment(in: shard)
            if !query.mark {
                query.askForAuthenticData()
                query.sharesFailures = configuration.failureTTL > 0
            }
            return .next
        }
    }

    func finish(_ query: Query) -> ReplyVerdict {
        // The mark says that neither cache may have it.
        let isOurs = !query.mark
        let isKept = isOurs && query.isShareable
        if isOurs { query.restoreAuthenticData() }
        guard query.hasReply, !query.isDropped, zones.contains(query.name) else { return .done }
        guard query.failure == nil else {
            if isKept { remember(query, now: query.now) }
            return .done
        }
        store(query, isKept: isKept, now: query.now)
        return .done
    }

    func retire(on worker: Worker) {
        for waiter in waiters.removeAll() { settle(waiter, .failed) }
        if let line { worker.closeLine(line) }
        line = nil
    }

    // MARK: Answering

    /// Answers `query` from the cache if there is an entry that has not expired, or that `serve_stale` lets answer.
    ///
    /// What was found for those who ask with RD is good for those without as well; not the other way round.
    func answer(_ query: Query, now: UInt64) -> Answer {
        let mayBeSuccess = !disabledSuccess.contains(query.name)
        // The usual Corefile of a cluster has the same zones in both.
        let mayBeDenial = haveSameDisabled ? mayBeSuccess : !disabledDenial.contains(query.name)
        guard mayBeSuccess || mayBeDenial else {
            query.mark = true
            return .none
        }
        guard let key = ReplyKey(query) else { return answerForSubnet(query, now, mayBeSuccess, mayBeDenial) }
        guard !key.recursionDesired else { return answer(query, key, now, mayBeSuccess, mayBeDenial) }
        let common = answer(query, key.withRecursion(nameHash: query.nameHash), now, mayBeSuccess, mayBeDenial)
        return common == .none ? answer(query, key, now, mayBeSuccess, mayBeDenial) : common
    }

    /// Answers `query` from the entry with `key` in one of the two caches, or in that of the two where one may be.
    ///
    /// Answers come first: a denial that is kept takes the place of the answer, and a failure that is kept shall not hide an
    /// answer that is still good.
    private func answer(
        _ query: Query, _ key: ReplyKey, _ now: UInt64, _ mayBeSuccess: Bool, _ mayBeDenial: Bool
    ) -> Answer {
        if mayBeSuccess {
            let finding = look(query, key, in: success, now)
            if finding != .nothing {
                metrics.successHits.increment(in: shard)
                return finding == .fresh ? .given : take(finding, query, key, .success, now)
            }
        }
        guard mayBeDenial else { return .none }
        let finding = look(query, key, in: denial, now)
        guard finding != .nothing else { return .none }
        metrics.denialHits.increment(in: shard)
        return finding == .fresh ? .given : take(finding, query, key, .denial, now)
    }

    /// Looks for the entry, and writes what it has to say into the reply.
    private func look(_ query: Query, _ key: ReplyKey, in store: CacheStore, _ now: UInt64) -> CacheFinding {
        let keepsTTL = configuration.keepsTTL
        let finding = store.withEntry(key, query.name) { entry -> CacheFinding in
            let remaining = entry.remaining(at: now)
            guard remaining > 0 else { return lookAtExpired(&entry, query, now) }
            let finding = prefetch.amount > 0 ? count(&entry, remaining, now) : .fresh
            entry.lastUsed = CacheEntry.tick(now)
            entry.write(to: query, ttl: keepsTTL ? entry.ttl : remaining)
            return finding
        }
        return finding ?? .nothing
    }

    private func count(_ entry: inout CacheEntry, _ remaining: UInt32, _ now: UInt64) -> CacheFinding {
        prefetch.count(&entry, at: CacheEntry.tick(now))
        return prefetch.isDue(entry, remaining: remaining, at: now) ? .freshAndDue : .fresh
    }

    private func lookAtExpired(_ entry: inout CacheEntry, _ query: Query, _ now: UInt64) -> CacheFinding {
        let finding = stale.finding(entry, at: now)
        guard finding != .nothing else { return finding }
        if prefetch.amount > 0 { prefetch.count(&entry, at: CacheEntry.tick(now)) }
        entry.lastUsed = CacheEntry.tick(now)
        entry.write(to: query, ttl: stale.responseTTL)
        return finding
    }
}
