import DNSServer
import DNSWire
import Telemetry

/// The end of a flight, for those who waited for it.
struct Landing: Sendable {
    enum Result: Sendable {
        /// A whole reply without an OPT record, its code with all twelve bits, and its EDNS options.
        case reply(message: [UInt8], code: ResponseCode, options: [UInt8])
        case failed(ForwardFailure, Upstream)
        /// It ended for reasons of its own: the others have to ask themselves.
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

    /// Has `query` wait for the reply to an identical one; false when there is none, and it has to ask.
    func join(_ exchange: ForwardExchange, _ query: Query, _ group: ForwardGroup) -> Bool {
        let usesTCP = query.transport == .tcp
        guard let key = FlightTable.key(query, usesTCP: usesTCP, groupIndex: exchange.groupIndex) else { return false }
        if followers.isEmpty || followers[key] == nil {
            guard !group.flights.enter(key, self) else {
                exchange.flight = .leads(key)
                return false
            }
        }
        exchange.flight = .follows(key)
        follow(exchange, key)
        wake(exchange, at: exchange.deadline)
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
            if let upstream = group.upstreams.first { exchange.fail(.timeout(.udp), upstream) }
        }
        conclude(exchange, .failed)
    }

    /// Ends the flight that the exchange leads; nil when nobody waits for it.
    func land(_ exchange: ForwardExchange) -> Landing? {
        guard case .leads(let key) = exchange.flight else { return nil }
        exchange.flight = .none
        let engines = groups.with(exchange.groupIndex) { $0.flights.leave(key) }
        guard !engines.isEmpty else { return nil }
        return Landing(key: key, result: result(exchange), engines: engines)
    }

    private func result(_ exchange: ForwardExchange) -> Landing.Result {
        guard let query = exchange.query else { return .unknown }
        switch exchange.outcome {
        case .reply:
            let reply = query.reply
            reply.finish()
            return .reply(message: reply.bytes.copy(), code: query.responseCode, options: query.replyOptions)
        case .failed where worker.now < exchange.deadline:
            guard let (failure, upstream) = exchange.lastFailure else { return .unknown }
            return .failed(failure, upstream)
        // Who came later has more time.
        case .failed, .givenUp, .pending:
            return .unknown
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
        for token in tokens {
            guard let exchange = exchange(token), exchange.flight == .follows(landing.key) else { continue }
            exchange.flight = .none
            take(landing.result, exchange)
        }
    }

    private func take(_ result: Landing.Result, _ exchange: ForwardExchange) {
        switch result {
        case .reply(let message, let code, let options):
            guard accept(message.span, code, options, exchange) else { break }
            groups.with(exchange.groupIndex) { $0.metrics.shared.increment(in: worker.shard) }
            return conclude(exchange, .reply)
        case .failed(let failure, let upstream):
            exchange.fail(failure, upstream)
            return conclude(exchange, .failed)
        case .unknown:
            break
        }
        groups.with(exchange.groupIndex) { begin(exchange, $0) }
    }

    private func accept(
        _ message: Span<UInt8>, _ code: ResponseCode, _ options: [UInt8], _ exchange: ForwardExchange
    ) -> Bool {
        guard let query = exchange.query,
            case .reply = ReplyCheck(message, to: query.message, question: query.questionRange)
        else { return false }
        do throws(WireError) {
            try query.takeReply(message)
        } catch {
            return false
        }
        query.setResponseCode(code)
        if query.edns != nil { query.replyOptions = options }
        return true
    }
}
