import DNSServer
import DNSWire
import Glibc
import Telemetry

/// `cache` in one worker.
final class CacheHandler: ReplyHandler {
    private let plugin: CachePlugin
    private let shard: MetricShard
    private var scan = ReplyScan()

    init(_ plugin: CachePlugin, _ worker: Worker) {
        self.plugin = plugin
        shard = worker.shard
    }

    func handle(_ query: Query) -> Verdict {
        guard query.header.flags.opcode == .query, plugin.zones.contains(query.name) else { return .next }
        plugin.metrics.requests.increment(in: shard)
        if answer(query, now: query.worker.now) { return .reply }
        plugin.metrics.misses.increment(in: shard)
        return .next
    }

    func finish(_ query: Query) -> ReplyVerdict {
        guard query.hasReply, !query.isDropped, query.failure == nil, plugin.zones.contains(query.name) else {
            return .done
        }
        store(query, now: query.worker.now)
        return .done
    }

    // MARK: Answering

    /// Answers `query` from the cache if there is an entry that has not expired.
    ///
    /// Denials come first, but a failure that was kept does not hide an answer that is still good.
    func answer(_ query: Query, now: UInt64) -> Bool {
        let hasSuccess = !plugin.disabledSuccess.contains(query.name)
        let hasDenial = !plugin.disabledDenial.contains(query.name)
        guard hasSuccess || hasDenial else { return false }
        let key = CacheKey(query)
        let (success, denial) = (plugin.state.success, plugin.state.denial)
        if hasDenial {
            let finding = answer(query, key, from: denial, now: now, takesFailures: false)
            if finding == .hit { return count(plugin.metrics.denialHits) }
            if hasSuccess, answer(query, key, from: success, now: now, takesFailures: true) == .hit {
                return count(plugin.metrics.successHits)
            }
            guard finding == .failure else { return false }
            guard answer(query, key, from: denial, now: now, takesFailures: true) == .hit else { return false }
            return count(plugin.metrics.denialHits)
        }
        guard answer(query, key, from: success, now: now, takesFailures: true) == .hit else { return false }
        return count(plugin.metrics.successHits)
    }

    private enum Finding: Sendable {
        case hit
        case miss
        /// There is a failure that could be the answer.
        case failure
    }

    private func answer(
        _ query: Query, _ key: CacheKey, from store: CacheStore, now: UInt64, takesFailures: Bool
    ) -> Finding {
        let keepsTTL = plugin.configuration.keepsTTL
        let finding = store.withEntry(key, query.name) { entry -> Finding in
            let remaining = entry.remaining(at: now)
            guard remaining > 0 else { return .miss }
            if !takesFailures, ResponseCode(rawValue: UInt16(entry.flags.responseCode)) == .serverFailure {
                return .failure
            }
            entry.lastUsed = UInt32(truncatingIfNeeded: now / 1_000_000_000)
            entry.write(to: query, ttl: keepsTTL ? entry.ttl : remaining)
            return .hit
        }
        return finding ?? .miss
    }

    private func count(_ counter: Counter) -> Bool {
        counter.increment(in: shard)
        return true
    }

    // MARK: Storing

    /// Sets the TTLs of the reply to `query`, and keeps it if it may be kept.
    func store(_ query: Query, now: UInt64) {
        let reply = query.reply
        reply.finish()
        let policy: CachePolicy
        do throws(WireError) {
            try scan.read(reply.bytes, type: query.type, wallSeconds: query.dnssecOK ? wallSeconds() : nil)
            policy = try CachePolicy(
                reply.bytes, scan, code: query.responseCode, type: query.type, recordClass: query.recordClass,
                plugin.configuration)
        } catch {
            // A damaged reply is passed on as it is and not kept.
            return
        }
        setTTLs(of: reply, to: policy.ttl)
        if let place = policy.place { keep(query, in: place, ttl: policy.ttl, now: now) }
        if !query.dnssecOK, !query.header.flags.authenticData { reply.header.flags.authenticData = false }
    }

    private func setTTLs(of reply: MessageWriter, to ttl: UInt32) {
        var bytes = reply.mutableBytes
        for offset in scan.ttlOffsets { bytes.put(ttl, at: offset) }
    }

    private func keep(_ query: Query, in place: CachePolicy.Place, ttl: UInt32, now: UInt64) {
        guard !disabledZones(place).contains(query.name) else { return }
        guard hasOwnQuestion(query) else {
            plugin.metrics.drops.increment(in: shard)
            return
        }
        let entry = CacheEntry(
            CacheKey(query), reply: query.reply, questionEnd: query.questionEnd, ttlOffsets: scan.ttlOffsets, ttl: ttl,
            now: now)
        let store = place == .success ? plugin.state.success : plugin.state.denial
        let evictions = store.insert(entry)
        guard evictions > 0 else { return }
        let counter = place == .success ? plugin.metrics.successEvictions : plugin.metrics.denialEvictions
        counter.increment(by: UInt64(evictions), in: shard)
    }

    private func disabledZones(_ place: CachePolicy.Place) -> ZoneScope {
        place == .success ? plugin.disabledSuccess : plugin.disabledDenial
    }

    /// Whether the reply has one question, the query's.
    private func hasOwnQuestion(_ query: Query) -> Bool {
        let reply = query.reply
        guard reply.header.questionCount == 1, query.questionEnd > MessageHeader.length,
            reply.count >= query.questionEnd
        else { return false }
        let (bytes, message) = (reply.bytes, query.message)
        for index in query.questionRange where lowercased(bytes[index]) != lowercased(message[index]) { return false }
        return true
    }

    private func wallSeconds() -> UInt32 {
        UInt32(truncatingIfNeeded: time(nil))
    }
}
