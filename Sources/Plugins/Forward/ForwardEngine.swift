import DNSServer
import DNSWire
import Telemetry

/// The queries that one worker has with upstreams: sends them, waits, and takes the replies in.
///
/// What to do next is decided by each query's ``ForwardAttempts``. Everything it holds is bounded: exchanges by the worker's
/// ``WaitingRoom``, sockets by their number for each upstream, and those that only wait for last replies by the exchanges on them.
///
/// Unchecked Sendable: only its worker's thread uses it; what comes from elsewhere comes by ``Worker/execute(_:)``.
final class ForwardEngine: TimerTarget, @unchecked Sendable {
    let worker: Worker
    /// Visited without counting: all workers have the same ones.
    let groups: UncountedObjects<ForwardGroup>
    let bounds: ForwardBounds
    /// One for each upstream of each group.
    var routes: [[UpstreamRoute]]
    var exchanges: ContiguousArray<ForwardExchange> = []
    private(set) var free: ContiguousArray<Int> = []
    private var probes: [HealthProbe] = []
    private var trials: [CaseTrial] = []
    let incoming = ReceiveBatch()
    let outgoing = MessageBatch()
    /// The legs whose messages are in ``outgoing``, by their tokens.
    var sending: ContiguousArray<UInt64> = []
    /// Where the queries of each group wait, from the first one on.
    var lines: [WaitingRoom.Line?]
    /// The queries that wait for the reply to another's identical one, by what is asked.
    var followers: [UInt64: ContiguousArray<UInt64>] = [:]

    /// How long a query may take, whatever is tried.
    private static let queryTime: UInt64 = 5_000_000_000

    init(_ groups: [ForwardGroup], _ worker: Worker, _ bounds: ForwardBounds = ForwardBounds()) {
        self.groups = UncountedObjects(groups)
        self.bounds = bounds
        self.worker = worker
        routes = groups.map { $0.upstreams.map { _ in UpstreamRoute() } }
        lines = groups.map { _ in nil }
    }

    // MARK: A query's way

    /// Sends `query` to an upstream of the group.
    func forward(_ query: Query, _ groupIndex: Int) -> Verdict {
        groups.with(groupIndex) { forward(query, $0, groupIndex) }
    }

    private func forward(_ query: Query, _ group: ForwardGroup, _ groupIndex: Int) -> Verdict {
        guard !query.isLate else { return .fail(.deadlineExceeded) }
        guard query.message.count <= bounds.longestQuery else {
            group.metrics.tooLong.increment(in: worker.shard)
            return .fail(Self.tooLong)
        }
        guard group.admit() else {
            group.metrics.rejects.increment(in: worker.shard)
            return .fail(group.limitFailure)
        }
        guard let exchange = takeExchange() else {
            group.release()
            return .fail(Self.tooMany)
        }
        exchange.begin(query, groupIndex: groupIndex)
        exchange.deadline = min(worker.now &+ Self.queryTime, query.deadline)
        begin(exchange, group)
        guard exchange.outcome == .pending else { return settle(exchange) }
        queueUp(exchange)
        // Making room can have ended the one whose reply it waited for, and then its own way as well.
        guard exchange.outcome == .pending else { return settle(exchange) }
        exchange.isParked = true
        return .parked
    }

    /// Waits for the reply to an identical query that is under way, or asks an upstream.
    func begin(_ exchange: ForwardExchange, _ group: ForwardGroup) {
        guard let query = exchange.query else { return }
        if let key = FlightTable.key(query, usesTCP: query.transport == .tcp, groupIndex: exchange.groupIndex) {
            if join(exchange, query, key, group) { return }
        } else if query.isShareable, !goAlone(exchange, query, group) {
            return
        }
        ask(exchange, query, group)
    }

    /// Asks an upstream.
    func ask(_ exchange: ForwardExchange, _ query: Query, _ group: ForwardGroup) {
        group.arrange(&exchange.attempts.order, &worker.random)
        exchange.attempts.reset(
            group.rules, clientUsesTCP: query.transport == .tcp, deadline: exchange.deadline)
        advance(exchange, .start, group)
    }

    /// Ends the exchange, lets its query go on if it waits already, and those that wait for the same reply.
    func conclude(_ exchange: ForwardExchange, _ outcome: ForwardExchange.Outcome) {
        exchange.conclude(outcome)
        exchange.turnCase(false)
        giveBack(exchange)
        let landing = land(exchange)
        if exchange.isParked, let query = exchange.query { query.resume(settle(exchange)) }
        if let landing { arrive(landing) }
    }

    private static let tooLong = QueryFailure(.refused, "the query is longer than what is passed on")
    private static let tooMany = QueryFailure(.serverFailure, "too many queries are given up at once")

    /// A free exchange; nil only when more of them than any worker has room for are about to be given back.
    private func takeExchange() -> ForwardExchange? {
        if let number = free.popLast() { return exchanges[number] }
        guard exchanges.count < IdentifierTable.numberLimit else { return nil }
        let exchange = ForwardExchange(number: exchanges.count)
        exchanges.append(exchange)
        return exchange
    }

    /// Says what becomes of the query and takes the exchange back.
    private func settle(_ exchange: ForwardExchange) -> Verdict {
        groups.with(exchange.groupIndex) { $0.release() }
        leave(exchange)
        let (verdict, query, groupIndex) = (verdict(exchange), exchange.query, exchange.groupIndex)
        exchange.end()
        free.append(exchange.number)
        guard case .reply = verdict, let query else { return verdict }
        return passOn(query, from: groupIndex) ?? verdict
    }

    /// Lets the next line of the block try, where the reply to `query` is one that is passed over (`next`, `next_on_nodata`).
    private func passOn(_ query: Query, from groupIndex: Int) -> Verdict? {
        guard groupIndex + 1 < groups.count, groups.with(groupIndex, { $0.passesOver(query) }) else { return nil }
        query.forgetReplyOptions()
        for index in (groupIndex + 1)..<groups.count where groups.with(index, { $0.covers(query.name) }) {
            return forward(query, index)
        }
        return .next
    }

    // MARK: Steps

    func advance(_ exchange: ForwardExchange, _ event: ForwardAttempts.Event) {
        groups.with(exchange.groupIndex) { advance(exchange, event, $0) }
    }

    private func advance(_ exchange: ForwardExchange, _ first: ForwardAttempts.Event, _ group: ForwardGroup) {
        var event = first
        let world = surroundings(group)
        while true {
            let step = exchange.attempts.take(event, world)
            note(step, group)
            closeLegs(exchange)
            switch step.action {
            case .deliver: return conclude(exchange, .reply)
            case .fail:
                noteTimeout(exchange)
                return conclude(exchange, .failed)
            case .wait: return wake(exchange, at: exchange.attempts.wakeAt)
            case .tick: event = .tick
            case .again(let leg):
                sendAgain(exchange, leg)
                event = .tick
            case .ask(let leg):
                event = ask(exchange, group, leg)
            }
        }
    }

    private func ask(_ exchange: ForwardExchange, _ group: ForwardGroup, _ leg: Int) -> ForwardAttempts.Event {
        let (index, channel) = (exchange.attempts.legs[leg].upstream, exchange.attempts.legs[leg].channel)
        let upstream = group.upstreams[index]
        let hold = ForwardExchange.Hold(upstream: upstream, index: index, sentAt: worker.now)
        if leg < exchange.holds.count {
            close(exchange, leg)
            exchange.holds[leg] = hold
        } else {
            exchange.holds.append(hold)
        }
        exchange.query?.note("forward/upstream", upstream.label)
        let wasSent = channel == .tcp ? sendTCP(exchange, leg) : sendUDP(exchange, group, leg)
        guard wasSent else { return .refused(leg: leg) }
        exchange.attempts.expect(
            leg, within: patience(exchange.groupIndex, index, channel),
            repeat: routes[exchange.groupIndex][index].repeatAfter, at: worker.now)
        return .tick
    }

    /// How long the upstream's reply is waited for before others are asked: as long as it usually takes, but no longer than usual unless
    /// the others are as slow.
    private func patience(_ groupIndex: Int, _ index: Int, _ channel: ForwardAttempts.Channel) -> UInt64 {
        let own = routes[groupIndex][index].patience(channel)
        guard own > RoundTrip.usualLongest, routes[groupIndex].count > 1, channel == .udp else { return own }
        var others = UInt64.max
        for other in routes[groupIndex].indices where other != index {
            others = min(others, routes[groupIndex][other].usual)
        }
        return min(own, max(others, RoundTrip.usualLongest))
    }

    /// Who was asked, and neither refused nor said anything, has let the time pass.
    private func noteTimeout(_ exchange: ForwardExchange) {
        guard exchange.lastFailure == nil, let leg = exchange.holds.indices.last else { return }
        let hold = exchange.holds[leg]
        exchange.fail(.timeout(exchange.attempts.legs[leg].channel), hold.upstream, over: hold.way)
    }

    private func surroundings(_ group: ForwardGroup) -> ForwardAttempts.Surroundings {
        let down = group.down
        return ForwardAttempts.Surroundings(
            now: worker.now, down: down, hopeless: group.hopeless, random: down == 0 ? 0 : worker.random.next())
    }

    /// Has what a step found out known to others.
    private func note(_ step: ForwardAttempts.Step, _ group: ForwardGroup) {
        if step.isHealthBroken { group.metrics.healthBroken.increment(in: worker.shard) }
        if let index = step.late, group.upstreams[index].reliability.noteLate(), group.rules.probesHealth {
            probe(group, index)
        }
        if let index = step.probe { probe(group, index) }
    }

    // MARK: Time

    func wake(_ exchange: ForwardExchange, at time: UInt64) {
        if let timer = exchange.timer { worker.cancel(timer) }
        let delay = time > worker.now ? time - worker.now : 0
        exchange.timer = worker.schedule(after: delay, self, token: exchange.token)
    }

    func timerFired(token: UInt64, worker: Worker) {
        guard let exchange = exchange(token) else { return }
        exchange.timer = nil
        if case .follows = exchange.flight { return giveUpFollowing(exchange) }
        advance(exchange, .tick)
    }

    /// The exchange that still has the query of `token`, which may be that of a leg.
    func exchange(_ token: UInt64) -> ForwardExchange? {
        let number = Int(token & 0xFFFF)
        guard exchanges.indices.contains(number), exchanges[number].query != nil,
            exchanges[number].outcome == .pending, exchanges[number].serial == UInt32(token >> 32)
        else { return nil }
        return exchanges[number]
    }

    /// The leg of a token that stands for one.
    static func leg(_ token: UInt64) -> Int { Int(token >> 16 & 0xFF) }

    // MARK: Legs

    /// What was asked on a leg will not be answered.
    ///
    /// - Parameter request: the request that went out on it, if it is not held any more.
    func refuse(_ exchange: ForwardExchange, _ leg: Int, _ failure: ForwardFailure, _ request: TCPRequest? = nil) {
        exchange.fail(failure, exchange.holds[leg].upstream, over: request ?? exchange.holds[leg].way)
        advance(exchange, .refused(leg: leg))
    }

    /// Gives back what legs hold that no reply is waited for on any more.
    private func closeLegs(_ exchange: ForwardExchange) {
        for leg in exchange.holds.indices where !exchange.attempts.legs[leg].isOpen { close(exchange, leg) }
    }

    private func giveBack(_ exchange: ForwardExchange) {
        if let timer = exchange.timer { worker.cancel(timer) }
        exchange.timer = nil
        for leg in exchange.holds.indices { close(exchange, leg) }
        exchange.holds.removeAll(keepingCapacity: true)
    }

    private func close(_ exchange: ForwardExchange, _ leg: Int) {
        if let request = exchange.holds[leg].request {
            exchange.holds[leg].request = nil
            exchange.holds[leg].upstream.stream.cancel(request)
        }
        guard let socket = exchange.holds[leg].socket else { return }
        exchange.holds[leg].socket = nil
        socket.waiting.release(exchange.holds[leg].id)
        dropIfDone(socket, exchange.groupIndex, exchange.holds[leg].index)
    }

    /// Closes a socket that is not used any more and on which nothing waits.
    func dropIfDone(_ socket: UpstreamSocket, _ groupIndex: Int, _ index: Int) {
        guard socket.isRetired, socket.waiting.isEmpty else { return }
        routes[groupIndex][index].pool.drop(socket, worker)
    }

    // MARK: Health

    private func probe(_ group: ForwardGroup, _ index: Int) {
        let upstream = group.upstreams[index]
        guard upstream.beginProbing() else { return }
        let probe = HealthProbe(upstream, group.configuration, worker) { [unowned self] probe in
            probes.removeAll { $0 === probe }
        }
        probes.append(probe)
        probe.begin()
    }

    /// Finds out whether `upstream`, which has just answered `query`, keeps the case of questions.
    func tryCase(_ upstream: Upstream, _ query: Query) {
        let trial = CaseTrial(upstream, worker, like: query) { [unowned self] trial in
            trials.removeAll { $0 === trial }
        }
        guard let trial else { return upstream.caseKeeping.endTrial(.tooFewLetters, at: worker.now) }
        trials.append(trial)
        trial.begin()
    }

    // MARK: The end

    /// Fails what still waits and closes all sockets.
    func close() {
        // Nobody here takes over from one that ends; in other workers somebody does.
        followers.removeAll()
        for exchange in exchanges where exchange.query != nil && exchange.outcome == .pending {
            groups.with(exchange.groupIndex) { group in
                if let upstream = group.upstreams.first { exchange.fail(.ended, upstream) }
            }
            conclude(exchange, .failed)
        }
        closeLines()
        for probe in probes { probe.end() }
        for trial in trials { trial.stop() }
        for group in routes.indices {
            for index in routes[group].indices { routes[group][index].pool.close(worker) }
        }
    }
}
