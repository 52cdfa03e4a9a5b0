import DNSServer
import DNSWire
import Glibc
import Telemetry

/// What becomes of the replies of the plugins behind the cache.
extension CacheHandler {
    /// Sets the TTLs of the reply to `query`, and keeps it if it may be kept and `isKept` says so.
    func store(_ query: Query, isKept: Bool = true, now: UInt64) {
        // What is signed stays as it is (RFC 8945 §5.5).
        if case .signedElsewhere = query.replyOrigin { return }
        let policy: CachePolicy
        do throws(WireError) {
            policy = try judge(query)
        } catch {
            // A damaged reply is passed on as it is and not kept.
            return
        }
        let reply = query.reply
        setTTLs(of: reply, to: policy.ttl)
        if isKept {
            if policy.isTooLarge { metrics.tooLarge.increment(in: shard) }
            if policy.place != nil { _ = keep(query, policy, nil, now: now) }
        }
        if !query.dnssecOK, !query.header.flags.authenticData { reply.header.flags.authenticData = false }
    }

    /// Reads the reply to `query` and says what is to become of it.
    ///
    /// - Throws: what is wrong with the reply.
    func judge(_ query: Query) throws(WireError) -> CachePolicy {
        try read(query)
        let reply = query.reply
        return try CachePolicy(
            reply.bytes, scan, code: query.responseCode, type: query.type, recordClass: query.recordClass,
            configuration)
    }

    private func read(_ query: Query) throws(WireError) {
        let reply = query.reply
        let wallSeconds = query.dnssecOK ? UInt32(truncatingIfNeeded: time(nil)) : nil
        guard reply.header.questionCount == 1, reply.count >= query.questionEnd else {
            reply.finish()
            return try scan.read(reply.bytes, type: query.type, wallSeconds: wallSeconds)
        }
        // The question is the query's, whatever its case.
        try scan.read(reply.bytes, reply.header, from: query.questionEnd, type: query.type, wallSeconds: wallSeconds)
        // Aliases are followed in the whole message.
        if !scan.isDirect { reply.finish() }
    }

    /// Sets the TTL of every record of the reply that was read last.
    func setTTLs(of reply: MessageWriter, to ttl: UInt32) {
        var bytes = reply.mutableBytes
        for offset in scan.ttlOffsets { bytes.put(ttl, at: offset) }
    }

    /// Keeps the reply that was read last.
    ///
    /// - Parameter ticket: the refresh that it comes from; nil for the reply to a client's query.
    /// - Returns: whether it is kept.
    func keep(_ query: Query, _ policy: CachePolicy, _ ticket: RefreshTicket?, now: UInt64) -> Bool {
        let isLocal = isLocal(query)
        guard let place = policy.place, !isDisabled(place, query), let (key, source) = origin(of: query, isLocal)
        else { return false }
        guard hasOwnQuestion(query) else {
            metrics.drops.increment(in: shard)
            return false
        }
        var entry = CacheEntry(
            key, reply: query.reply, questionEnd: query.questionEnd, ttlOffsets: scan.ttlOffsets,
            ttl: policy.ttl, now: now, source: source)
        if let ticket {
            (entry.hits, entry.lastUsed) = (ticket.hits, ticket.lastUsed)
            entry.nextRefresh = now &+ PrefetchRules.shortestPause
        }
        guard makeWay(for: entry, query, policy, now) else { return false }
        let evictions = (place == .success ? success : denial).insert(entry)
        guard evictions > 0 else { return true }
        let counter = place == .success ? metrics.successEvictions : metrics.denialEvictions
        counter.increment(by: UInt64(evictions), in: shard)
        return true
    }

    /// What the reply to `query` is kept under, and as whose; nil when it is for its asker alone.
    ///
    /// What this server itself has answered does not depend on a subnet, nor on RD unless it has looked up other names, maybe upstream.
    private func origin(of query: Query, _ isLocal: Bool) -> (ReplyKey, CacheEntry.Source)? {
        guard let key = ReplyKey(query) else { return originForSubnet(query, isLocal) }
        guard isLocal else { return (key, .upstream) }
        return (query.hasLookedUp ? key : key.withRecursion(nameHash: query.nameHash), .local)
    }

    @inline(never)
    private func originForSubnet(_ query: Query, _ isLocal: Bool) -> (ReplyKey, CacheEntry.Source)? {
        guard let asker = SubnetAsker(query) else { return nil }
        if isLocal {
            return (query.hasLookedUp ? asker.key : asker.key.withRecursion(nameHash: query.nameHash), .local)
        }
        return asker.isForEveryone(query.replyOptions) ? (asker.key, .upstreamForEverySubnet) : nil
    }

    /// Whether the reply to `query` was made here, and not by an upstream.
    private func isLocal(_ query: Query) -> Bool {
        query.chain?.answersAreLocal(at: query.replier) ?? false
    }

    /// Takes out of the other cache what `entry` contradicts.
    ///
    /// A failure contradicts nothing, and without refreshes an answer meets no denial that has not expired.
    /// - Returns: false when an answer is there that `entry` may not take the place of.
    private func makeWay(for entry: CacheEntry, _ query: Query, _ policy: CachePolicy, _ now: UInt64) -> Bool {
        if policy.place == .success {
            if stale.prefersPositive, entry.answerCount == 0, hasProtected(entry.key, query, now) { return false }
            if prefetch.amount > 0 || stale.limit > 0 { denial.remove(entry.key, query.name) }
        } else if policy.kind != .serverError {
            success.remove(entry.key, query.name) { !stale.protects($0, at: now) }
        }
        return true
    }

    /// Whether there is an answer that a denial may not take the place of.
    func hasProtected(_ key: ReplyKey, _ query: Query, _ now: UInt64) -> Bool {
        guard stale.prefersPositive else { return false }
        return success.withEntry(key, query.name) { stale.protects($0, at: now) } ?? false
    }

    func isDisabled(_ place: CachePolicy.Place, _ query: Query) -> Bool {
        place == .success ? disabledSuccess.contains(query.name) : disabledDenial.contains(query.name)
    }

    /// Whether the reply has one question, the query's.
    func hasOwnQuestion(_ query: Query) -> Bool {
        let reply = query.reply
        guard reply.header.questionCount == 1, query.questionEnd > MessageHeader.length,
            reply.count >= query.questionEnd
        else { return false }
        return reply.bytes.matchesIgnoringCase(query.questionRange, query.message, at: MessageHeader.length)
    }
}
