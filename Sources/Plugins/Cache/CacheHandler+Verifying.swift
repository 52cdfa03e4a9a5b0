import DNSServer
import DNSWire

/// `serve_stale … verify`: the source is asked before an expired entry answers.
///
/// The source is asked in the background, so that its reply is kept also when nobody waits for it any more. Those who ask stand in
/// the worker's waiting room with the expired reply in their hands: whatever happens, they have something to go with.
extension CacheHandler: TimerTarget, WaitingTarget {
    /// Lets `query`, in which the expired reply stands, wait for the source's word.
    func verify(
        _ query: Query, _ key: ReplyKey, _ place: CachePolicy.Place, isDue: Bool, _ now: UInt64
    ) -> Answer {
        let waiter = waiters.add(query, key)
        let isAsked: Bool
        if isDue, let ticket = beginRefresh(query, key, place, now) {
            isAsked = start(ticket, for: query)
        } else {
            isAsked = stale.letsOthersWait && board.join(key, query.name, self)
        }
        // The source may have been as near as a table of this process.
        guard !waiter.isSettled else { return .given }
        guard isAsked else {
            _ = waiters.remove(waiter.token)
            giveStale(query)
            return .given
        }
        return park(waiter) ? .awaited : .given
    }

    /// Gives `waiter` a place among those who wait.
    ///
    /// - Returns: false when its wait is over: what asks the source for it had to make room.
    private func park(_ waiter: StaleWaiter) -> Bool {
        let line = line ?? worker.openLine(for: self)
        self.line = line
        let ticket = worker.enter(line, waiter.query, token: waiter.token)
        guard !waiter.isSettled else {
            worker.leave(ticket)
            return false
        }
        waiter.ticket = ticket
        if stale.timeout > 0 || waiter.query.deadline < .max {
            let patience = min(stale.timeout > 0 ? stale.timeout : .max, waiter.query.timeLeft)
            waiter.timer = worker.schedule(after: patience, self, token: waiter.token)
        }
        waiter.isParked = true
        return true
    }

    // MARK: The end of waiting

    /// The source's time is up; its reply is kept when it comes.
    func timerFired(token: UInt64, worker: Worker) {
        guard let waiter = waiters.remove(token) else { return }
        waiter.timer = nil
        settle(waiter, .failed)
    }

    /// Newer queries need the place: nobody is given up for that, since there is a reply.
    func giveUp(token: UInt64, worker: Worker) -> Bool {
        guard let waiter = waiters.remove(token) else { return false }
        waiter.ticket = nil
        settle(waiter, .failed)
        return false
    }

    /// Tells handlers of other workers, and of chains that a reload has put in the place of this one's.
    func tell(_ outcome: Outcome, _ listeners: [CacheHandler], _ key: ReplyKey) {
        for listener in listeners where listener !== self {
            listener.worker.execute { _ in listener.settleAll(key, outcome) }
        }
    }

    /// Lets all go that wait for the entry with `key`.
    func settleAll(_ key: ReplyKey, _ outcome: Outcome) {
        for waiter in waiters.removeAll(for: key) { settle(waiter, outcome) }
    }

    /// Lets a query go that was taken out of ``waiters``.
    func settle(_ waiter: StaleWaiter, _ outcome: Outcome) {
        if let timer = waiter.timer { worker.cancel(timer) }
        if let ticket = waiter.ticket { worker.leave(ticket) }
        switch outcome {
        case .reply(let message) where isReply(message, to: waiter.query): give(message, to: waiter.query)
        // What has the same hash waits for something else.
        case .reply, .failed: giveStale(waiter.query)
        }
        waiter.isSettled = true
        if waiter.isParked { waiter.query.resume(.reply) }
    }

    private func isReply(_ message: [UInt8], to query: Query) -> Bool {
        message.count >= query.questionEnd
            && message.span.matchesIgnoringCase(query.questionRange, query.message, at: MessageHeader.length)
    }

    private func give(_ message: [UInt8], to query: Query) {
        do throws(WireError) {
            try query.takeReply(message.span)
        } catch {
            // It was read when it came, so that this cannot be.
            return query.beginReply(.serverFailure)
        }
        if !query.dnssecOK, !query.header.flags.authenticData { query.reply.header.flags.authenticData = false }
    }
}
