import DNSServer
import DNSWire
import Telemetry

/// The end of a flight, for those who waited for it.
struct Landing: Sendable {
    enum Result: Sendable {
        case reply(SharedReply)
        /// Nobody answers; why, if somebody was asked.
        case failed((failure: ForwardFailure, upstream: Upstream, way: LocalAddress?)?)
        /// It ended for reasons of its own: another has to ask.
        case unknown
    }

    let key: UInt64
    let result: Result
    let engines: [ForwardEngine]
}

/// Queries that wait for the reply to another's identical one.
extension ForwardEngine {
    /// Lists are gone through for queries that have left whenever they have grown so long, or twice as long as then.
    private static let shortestSweep = 64

    /// How long a query waits that comes from an upstream and is under way to one already.
    ///
    /// It may be the same one: then the upstream forwards to this server, and neither will ever be answered. It may be another one,
    /// of someone on the upstream's host: then the reply is usually there by now.
    private static let returnedTime: UInt64 = 1_000_000_000

    /// Has `query` wait for the reply to an identical one; false when there is none, and it has to ask.
    func join(_ exchange: ForwardExchange, _ query: Query, _ key: UInt64, _ group: ForwardGroup) -> Bool {
        if followers.isEmpty || followers[key] == nil {
            guard !group.flights.enter(key, self) else {
                exchange.flight = .leads(key)
                return false
            }
        }
        exchange.flight = .follows(key)
        follow(exchange, key)
        if group.isUpstream(query.client) {
            exchange.deadline = min(exchange.deadline, worker.now &+ Self.returnedTime)
        }
        wake(exchange, at: exchange.deadline)
        return true
    }

    /// Counts a query that must have a reply of its own; false, and it has failed, when too many ask the same.
    func goAlone(_ exchange: ForwardExchange, _ query: Query, _ group: ForwardGroup) -> Bool {
        let key = FlightTable.crowdKey(query, groupIndex: exchange.groupIndex)
        guard group.flights.enterCrowd(key) else {
            group.metrics.crowded.increment(in: worker.shard)
            if let upstream = group.upstreams.first { exchange.fail(.crowded, upstream) }
            conclude(exchange, .failed)
            return false
        }
        exchange.flight = .goesAlone(key)
        return true
    }

    private func follow(_ exchange: ForwardExchange, _ key: UInt64) {
        var tokens = followers.removeValue(forKey: key) ?? []
        if tokens.count >= Self.shortestSweep, tokens.count == tokens.capacity {
            tokens.removeAll { self.exchange($0) == nil }
        }
        tokens.append(exchange.token)
        followers[key] = tokens
    }

    /// The time of a query is up that has waited for another's reply.
    func giveUpFollowing(_ exchange: ForwardExchange) {
        groups.with(exchange.groupIndex) { group in
            let isReturned = exchange.query.map { group.isUpstream($0.client) } ?? false
            if isReturned { group.metrics.returned.increment(in: worker.shard) }
            if let upstream = group.upstreams.first { exchange.fail(isReturned ? .returned : .timeout(.udp), upstream) }
        }
        conclude(exchange, .failed)
    }

    /// Ends the flight that the exchange leads; nil when nobody waits for it.
    func land(_ exchange: ForwardExchange) -> Landing? {
        if case .goesAlone(let key) = exchange.flight {
            exchange.flight = .none
            groups.with(exchange.groupIndex) { $0.flights.leaveCrowd(key) }
        }
        guard case .leads(let key) = exchange.flight else { return nil }
        exchange.flight = .none
        let engines = groups.with(exchange.groupIndex) { $0.flights.leave(key) }
        guard !engines.isEmpty else { return nil }
        return Landing(key: key, result: result(exchange), engines: engines)
    }

    private func result(_ exchange: ForwardExchange) -> Landing.Result {
        guard let query = exchange.query else { return .unknown }
        switch exchange.outcome {
        case .reply: return .reply(SharedReply(query))
        case .failed where worker.now < exchange.deadline: break
        // Who came later has more time.
        case .failed, .givenUp, .pending: return .unknown
        }
        guard let (failure, upstream) = exchange.lastFailure else { return .failed(nil) }
        switch failure {
        // Who shares no failures has the time that is left to it.
        case .timeout where !query.sharesFailures: return .unknown
        case .ended: return .unknown
        default: return .failed((failure, upstream, exchange.lastWay?.localText.map { LocalAddress(localText: $0) }))
        }
    }

    /// Tells all who waited.
    func arrive(_ landing: Landing) {
        for engine in landing.engines {
            if engine === self {
                take(landing)
            } else {
                engine.worker.execute { _ in engine.take(landing) }
            }
        }
    }

    private func take(_ landing: Landing) {
        guard let tokens = followers.removeValue(forKey: landing.key) else { return }
        if case .unknown = landing.result { return succeed(landing.key, tokens) }
        for token in tokens {
            guard let exchange = follower(token, landing.key) else { continue }
            exchange.flight = .none
            take(landing.result, exchange)
        }
    }

    private func follower(_ token: UInt64, _ key: UInt64) -> ForwardExchange? {
        guard let exchange = exchange(token), exchange.flight == .follows(key) else { return nil }
        return exchange
    }

    /// Lets the newest of those who waited ask, since it has most time and is the last to be given up; the others go on waiting.
    ///
    /// Were it the oldest, a flood for one name would have the next one take over with every query that comes.
    private func succeed(_ key: UInt64, _ waiting: ContiguousArray<UInt64>) {
        var tokens = waiting
        while let token = tokens.popLast() {
            guard let exchange = follower(token, key), let query = exchange.query else { continue }
            guard worker.now < exchange.deadline else {
                giveUpFollowing(exchange)
                continue
            }
            return groups.with(exchange.groupIndex) { takeOver(exchange, query, key, tokens, $0) }
        }
    }

    private func takeOver(
        _ exchange: ForwardExchange, _ query: Query, _ key: UInt64, _ others: ContiguousArray<UInt64>,
        _ group: ForwardGroup
    ) {
        guard group.flights.enter(key, self) else {
            // Another worker's was quicker; this engine is told of its end.
            followers[key, default: []] += others + [exchange.token]
            return
        }
        exchange.flight = .leads(key)
        if !others.isEmpty {
            followers[key, default: []] += others
            _ = group.flights.enter(key, self)
        }
        ask(exchange, query, group)
    }

    private func take(_ result: Landing.Result, _ exchange: ForwardExchange) {
        switch result {
        case .reply(let reply):
            guard let query = exchange.query, reply.put(into: query) else { break }
            groups.with(exchange.groupIndex) { $0.metrics.shared.increment(in: worker.shard) }
            return conclude(exchange, .reply)
        case .failed(let reason):
            if let reason { exchange.fail(reason.failure, reason.upstream, over: reason.way) }
            return conclude(exchange, .failed)
        case .unknown:
            break
        }
        groups.with(exchange.groupIndex) { begin(exchange, $0) }
    }
}
