import DNSServer
import DNSWire
import Telemetry

/// Those who ask for a client's subnet.
extension CacheHandler {
    /// Answers a query that has no ``ReplyKey`` from an entry that is good for everyone, if it has no reason but a subnet.
    ///
    /// Its source is not asked again for it before it expires or when it has: that is asked for everyone.
    @inline(never)
    func answerForSubnet(_ query: Query, _ now: UInt64, _ mayBeSuccess: Bool, _ mayBeDenial: Bool) -> Answer {
        guard let asker = SubnetAsker(query) else {
            query.mark = true
            return .none
        }
        let common = asker.key.withRecursion(nameHash: query.nameHash)
        for key in common == asker.key ? [common] : [common, asker.key] {
            if mayBeSuccess, give(query, asker, key, from: success, now) {
                metrics.successHits.increment(in: shard)
                return .given
            }
            if mayBeDenial, give(query, asker, key, from: denial, now) {
                metrics.denialHits.increment(in: shard)
                return .given
            }
        }
        return .none
    }

    private func give(
        _ query: Query, _ asker: SubnetAsker, _ key: ReplyKey, from store: CacheStore, _ now: UInt64
    ) -> Bool {
        let keepsTTL = configuration.keepsTTL
        let tellsScope = store.withEntry(key, query.name) { entry -> Bool? in
            let remaining = entry.remaining(at: now)
            guard remaining > 0, entry.isForEverySubnet else { return nil }
            entry.lastUsed = CacheEntry.tick(now)
            entry.write(to: query, ttl: keepsTTL ? entry.ttl : remaining)
            return entry.hasScopeZero
        }
        guard let tellsScope = tellsScope ?? nil else { return false }
        if tellsScope { query.addReplyOption(.clientSubnet, asker.subnet.dataForEveryone) }
        return true
    }
}
