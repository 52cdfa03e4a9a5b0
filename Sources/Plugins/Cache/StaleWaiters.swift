import DNSServer

/// A query that waits for the source's word on an expired entry, of which the reply stands in it already.
final class StaleWaiter {
    let query: Query
    let token: UInt64
    /// The entry's key.
    let key: ReplyKey
    /// Whether it has been told to wait.
    var isParked = false
    /// Whether its reply is the one that it gets.
    var isSettled = false
    var timer: WorkerTimer?
    /// Its place among those who wait; nil when it does not, or has lost it.
    var ticket: WaitingRoom.Ticket?

    init(_ query: Query, _ key: ReplyKey, token: UInt64) {
        self.query = query
        self.key = key
        self.token = token
    }
}

/// The queries of one worker that wait for the source's word, by token and by the key of what they ask for, which leaves the name
/// to its hash.
struct StaleWaiters {
    private var lastToken: UInt64 = 0
    private var byToken: [UInt64: StaleWaiter] = [:]
    private var tokens: [ReplyKey: Set<UInt64>] = [:]

    var count: Int { byToken.count }

    mutating func add(_ query: Query, _ key: ReplyKey) -> StaleWaiter {
        lastToken += 1
        let waiter = StaleWaiter(query, key, token: lastToken)
        byToken[lastToken] = waiter
        tokens[key, default: []].insert(lastToken)
        return waiter
    }

    /// Takes out one that waits no more; nil when it has gone already.
    mutating func remove(_ token: UInt64) -> StaleWaiter? {
        guard let waiter = byToken.removeValue(forKey: token) else { return nil }
        tokens[waiter.key]?.remove(token)
        if tokens[waiter.key]?.isEmpty == true { tokens[waiter.key] = nil }
        return waiter
    }

    /// Takes out all that wait for the entry with `key`, the first one first.
    mutating func removeAll(for key: ReplyKey) -> [StaleWaiter] {
        guard let tokens = tokens.removeValue(forKey: key) else { return [] }
        return tokens.sorted().compactMap { byToken.removeValue(forKey: $0) }
    }

    /// Takes out all.
    mutating func removeAll() -> [StaleWaiter] {
        tokens = [:]
        defer { byToken = [:] }
        return byToken.values.sorted { $0.token < $1.token }
    }

    /// Whether somebody waits for the entry with `key`.
    func hasAny(for key: ReplyKey) -> Bool { tokens[key] != nil }
}
