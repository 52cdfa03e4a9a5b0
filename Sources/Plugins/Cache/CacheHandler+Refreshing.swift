import DNSServer
import DNSWire
import Telemetry

/// How the source is asked again for what is in the cache: before it expires, or when it has expired and still answers.
extension CacheHandler {
    /// How long a refresh may be under way before another one for the same entry may begin, should it have been lost.
    private static let longestRefresh: UInt64 = 10_000_000_000

    /// What a refresh came to, for those who wait for it.
    enum Outcome: Sendable {
        /// The source's reply, its TTLs set.
        case reply([UInt8])
        case failed
    }

    /// Does what is left to be done for a query whose reply was found as `finding` says.
    func take(
        _ finding: CacheFinding, _ query: Query, _ key: ReplyKey, _ place: CachePolicy.Place, _ now: UInt64
    ) -> Answer {
        if finding.isStale, stale.verifies { return verify(query, key, place, isDue: finding.isDue, now) }
        if finding.isStale { giveStale(query) }
        if finding.isDue, let ticket = beginRefresh(query, key, place, now), start(ticket, for: query) {
            metrics.prefetches.increment(in: shard)
        }
        return .given
    }

    /// Lets `query` go with the expired reply that stands in it, which says so to an asker with EDNS.
    ///
    /// Source: RFC 8914 §4.4 (Stale Answer) and §4.20 (Stale NXDOMAIN Answer).
    func giveStale(_ query: Query) {
        metrics.servedStale.increment(in: shard)
        let code: UInt8 = query.responseCode == .nameError ? 19 : 3
        query.addReplyOption(.extendedError, [0, code])
    }

    /// Marks the entry as being asked for.
    ///
    /// - Returns: nil when another worker was faster.
    func beginRefresh(
        _ query: Query, _ key: ReplyKey, _ place: CachePolicy.Place, _ now: UInt64
    ) -> RefreshTicket? {
        let ticket = store(place).withEntry(key, query.name) { entry -> RefreshTicket? in
            guard now >= entry.nextRefresh else { return nil }
            entry.nextRefresh = now &+ Self.longestRefresh
            return RefreshTicket(entry, place)
        }
        return ticket ?? nil
    }

    /// Asks the source for the entry again, in the background.
    ///
    /// - Returns: false when it could not be asked; the entry is then as it was.
    func start(_ ticket: RefreshTicket, for query: Query) -> Bool {
        let row = stale.letsOthersWait ? board.begin(ticket.key, query.name) : 0
        if query.askInBackground({ [self] own in end(own, ticket, row: row) }) { return true }
        if stale.letsOthersWait { tell(.failed, board.end(row, ticket.key), ticket.key) }
        postpone(ticket, query, until: 0)
        return false
    }

    /// The source has answered, or failed to.
    private func end(_ own: Query, _ ticket: RefreshTicket, row: UInt64) {
        let verdict = conclude(own, ticket)
        if verdict == .failed || verdict == .standsBeside {
            let next = stale.nextRefresh(afterFailureAt: own.now, expiry: ticket.expiry)
            postpone(ticket, own, until: next)
        }
        let listeners = stale.letsOthersWait ? board.end(row, ticket.key) : []
        guard !listeners.isEmpty || waiters.hasAny(for: ticket.key) else { return }
        let reply = own.reply
        var outcome = Outcome.failed
        if verdict == .replaces || verdict == .removes {
            reply.finish()
            outcome = .reply(reply.bytes.copy())
        }
        tell(outcome, listeners, ticket.key)
        settleAll(ticket.key, outcome)
    }

    /// Keeps the source's reply, or leaves it.
    private func conclude(_ own: Query, _ ticket: RefreshTicket) -> RefreshVerdict {
        guard own.hasReply, !own.isDropped, own.failure == nil, let policy = try? judge(own) else { return .failed }
        guard hasOwnQuestion(own) else {
            metrics.drops.increment(in: shard)
            return .failed
        }
        let reply = own.reply
        let isProtected = hasProtected(ticket.key, own, own.now)
        let verdict = RefreshVerdict(
            policy, code: own.responseCode, isTruncated: reply.header.flags.isTruncated,
            answerCount: reply.header.answerCount, isProtected: isProtected)
        guard verdict != .failed else { return .failed }
        setTTLs(of: reply, to: policy.ttl)
        let isKept = verdict != .removes && keep(own, policy, ticket, now: own.now)
        guard verdict == .replaces || verdict == .removes else { return verdict }
        // Also what may not be kept any more says that the entry is out of date.
        if !isKept { store(ticket.place).remove(ticket.key, own.name) { $0.stored == ticket.stored } }
        return verdict
    }

    /// Lets the entry be asked for again from `time` on, if it is still the same.
    private func postpone(_ ticket: RefreshTicket, _ query: Query, until time: UInt64) {
        _ = store(ticket.place).withEntry(ticket.key, query.name) { entry in
            if entry.stored == ticket.stored { entry.nextRefresh = time }
        }
    }

    private func store(_ place: CachePolicy.Place) -> CacheStore {
        place == .success ? success : denial
    }
}
