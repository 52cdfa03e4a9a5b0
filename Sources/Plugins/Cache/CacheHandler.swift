import DNSServer
import DNSWire
import Glibc
import Telemetry

/// `cache` in one worker.
final class CacheHandler: ReplyHandler {
    // Copies of the plugin's, so that a query costs no reference counting to reach them.
    private let zones: ZoneScope
    private let disabledSuccess: ZoneScope
    private let disabledDenial: ZoneScope
    private let haveSameDisabled: Bool
    private let success: CacheStore
    private let denial: CacheStore
    private let metrics: CacheMetrics
    private let configuration: CacheConfiguration
    private let shard: MetricShard
    private let scan = ReplyScan()

    init(_ plugin: CachePlugin, _ worker: Worker) {
        zones = plugin.zones
        disabledSuccess = plugin.disabledSuccess
        disabledDenial = plugin.disabledDenial
        haveSameDisabled = disabledSuccess.texts == disabledDenial.texts
        success = plugin.state.success
        denial = plugin.state.denial
        metrics = plugin.metrics
        configuration = plugin.configuration
        shard = worker.shard
    }

    func handle(_ query: Query) -> Verdict {
        guard query.header.flags.opcode == .query, zones.contains(query.name) else { return .next }
        metrics.requests.increment(in: shard)
        if answer(query, now: query.now) { return .reply }
        metrics.misses.increment(in: shard)
        return .next
    }

    func finish(_ query: Query) -> ReplyVerdict {
        guard query.hasReply, !query.isDropped, query.failure == nil, zones.contains(query.name) else { return .done }
        store(query, now: query.now)
        return .done
    }

    // MARK: Answering

    /// Answers `query` from the cache if there is an entry that has not expired.
    ///
    /// Answers come first: a denial that is kept takes the place of the answer, and a failure that is kept shall not hide an
    /// answer that is still good.
    func answer(_ query: Query, now: UInt64) -> Bool {
        let mayBeSuccess = !disabledSuccess.contains(query.name)
        // The usual Corefile of a cluster has the same zones in both.
        let mayBeDenial = haveSameDisabled ? mayBeSuccess : !disabledDenial.contains(query.name)
        guard mayBeSuccess || mayBeDenial else {
            query.mark = true
            return false
        }
        let key = CacheKey(query)
        if mayBeSuccess, answer(query, key, from: success, now: now) { return count(metrics.successHits) }
        if mayBeDenial, answer(query, key, from: denial, now: now) { return count(metrics.denialHits) }
        return false
    }

    private func answer(_ query: Query, _ key: CacheKey, from store: CacheStore, now: UInt64) -> Bool {
        let keepsTTL = configuration.keepsTTL
        let isHit = store.withEntry(key, query.name) { entry -> Bool in
            let remaining = entry.remaining(at: now)
            guard remaining > 0 else { return false }
            entry.lastUsed = UInt32(truncatingIfNeeded: now / 1_000_000_000)
            entry.write(to: query, ttl: keepsTTL ? entry.ttl : remaining)
            return true
        }
        return isHit ?? false
    }

    private func count(_ counter: Counter) -> Bool {
        counter.increment(in: shard)
        return true
    }

    // MARK: Storing

    /// Sets the TTLs of the reply to `query`, and keeps it if it may be kept.
    func store(_ query: Query, now: UInt64) {
        let reply = query.reply
        let policy: CachePolicy
        do throws(WireError) {
            try read(query)
            policy = try CachePolicy(
                reply.bytes, scan, code: query.responseCode, type: query.type, recordClass: query.recordClass,
                configuration)
        } catch {
            // A damaged reply is passed on as it is and not kept.
            return
        }
        setTTLs(of: reply, to: policy.ttl)
        // The mark says that neither cache may have it.
        if let place = policy.place, !query.mark { keep(query, in: place, ttl: policy.ttl, now: now) }
        if !query.dnssecOK, !query.header.flags.authenticData { reply.header.flags.authenticData = false }
    }

    private func read(_ query: Query) throws(WireError) {
        let reply = query.reply
        let wallSeconds = query.dnssecOK ? wallSeconds() : nil
        guard reply.header.questionCount == 1, reply.count >= query.questionEnd else {
            reply.finish()
            return try scan.read(reply.bytes, type: query.type, wallSeconds: wallSeconds)
        }
        // The question is the query's, whatever its case.
        try scan.read(reply.bytes, reply.header, from: query.questionEnd, type: query.type, wallSeconds: wallSeconds)
        // Aliases are followed in the whole message.
        if !scan.isDirect { reply.finish() }
    }

    private func setTTLs(of reply: MessageWriter, to ttl: UInt32) {
        var bytes = reply.mutableBytes
        for offset in scan.ttlOffsets { bytes.put(ttl, at: offset) }
    }

    private func keep(_ query: Query, in place: CachePolicy.Place, ttl: UInt32, now: UInt64) {
        let isDisabled =
            place == .success ? disabledSuccess.contains(query.name) : disabledDenial.contains(query.name)
        guard !isDisabled else { return }
        guard hasOwnQuestion(query) else {
            metrics.drops.increment(in: shard)
            return
        }
        let entry = CacheEntry(
            CacheKey(query), reply: query.reply, questionEnd: query.questionEnd, ttlOffsets: scan.ttlOffsets, ttl: ttl,
            now: now)
        let store = place == .success ? success : denial
        if place == .denial, query.responseCode != .serverFailure { success.remove(entry.key, query.name) }
        let evictions = store.insert(entry)
        guard evictions > 0 else { return }
        let counter = place == .success ? metrics.successEvictions : metrics.denialEvictions
        counter.increment(by: UInt64(evictions), in: shard)
    }

    /// Whether the reply has one question, the query's.
    private func hasOwnQuestion(_ query: Query) -> Bool {
        let reply = query.reply
        guard reply.header.questionCount == 1, query.questionEnd > MessageHeader.length,
            reply.count >= query.questionEnd
        else { return false }
        return reply.bytes.matchesIgnoringCase(query.questionRange, query.message, at: MessageHeader.length)
    }

    private func wallSeconds() -> UInt32 {
        UInt32(truncatingIfNeeded: time(nil))
    }
}
