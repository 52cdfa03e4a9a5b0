import DNSServer
import DNSWire
import Telemetry

/// The queries that one worker has with upstreams: sends them, waits, and takes the replies in.
///
/// Everything it holds is bounded: exchanges by the worker's ``WaitingRoom``, sockets by their number for each upstream, and
/// those that only wait for last replies by the exchanges on them.
///
/// Unchecked Sendable: only its worker's thread uses it; replies over TCP come to it by ``Worker/execute(_:)``.
final class ForwardEngine: TimerTarget, @unchecked Sendable {
    let worker: Worker
    /// Visited without counting: all workers have the same ones.
    let groups: UncountedObjects<ForwardGroup>
    var pools: [[UpstreamSocketPool]]
    var exchanges: ContiguousArray<ForwardExchange> = []
    private var free: ContiguousArray<Int> = []
    private var probes: [HealthProbe] = []
    let incoming = ReceiveBatch()
    let outgoing = MessageBatch()
    /// The attempts whose messages are in ``outgoing``, by their tokens.
    var sending: ContiguousArray<UInt64> = []
    /// Where the queries of each group wait, from the first one on.
    var lines: [WaitingRoom.Line?]

    /// How long a query may take, whatever is tried.
    private static let queryTime: UInt64 = 5_000_000_000

    init(_ groups: [ForwardGroup], _ worker: Worker) {
        self.groups = UncountedObjects(groups)
        self.worker = worker
        pools = groups.map { $0.upstreams.map { _ in UpstreamSocketPool() } }
        lines = groups.map { _ in nil }
    }

    // MARK: A query's way

    /// Sends `query` to an upstream of the group.
    func forward(_ query: Query, _ groupIndex: Int) -> Verdict {
        groups.with(groupIndex) { forward(query, $0, groupIndex) }
    }

    private func forward(_ query: Query, _ group: ForwardGroup, _ groupIndex: Int) -> Verdict {
        guard group.admit() else {
            group.metrics.rejects.increment(in: worker.shard)
            return .fail(group.limitFailure)
        }
        guard let exchange = takeExchange() else {
            group.release()
            return .fail(Self.tooMany)
        }
        exchange.begin(query, groupIndex: groupIndex)
        exchange.deadline = worker.now &+ Self.queryTime
        group.arrange(&exchange.attempts.order, &worker.random)
        exchange.attempts.reset(group.rules, clientUsesTCP: query.transport == .tcp)
        advance(exchange, .start)
        guard exchange.outcome == .pending else { return settle(exchange) }
        queueUp(exchange)
        exchange.isParked = true
        return .parked
    }

    /// Ends the exchange, and lets its query go on if it waits already.
    func conclude(_ exchange: ForwardExchange, _ outcome: ForwardExchange.Outcome) {
        exchange.conclude(outcome)
        guard exchange.isParked, let query = exchange.query else { return }
        query.resume(settle(exchange))
    }

    private static let tooMany = QueryFailure(.serverFailure, "too many queries are given up at once")

    /// A free exchange; nil only when more of them than any worker has room for are about to be given back.
    private func takeExchange() -> ForwardExchange? {
        if let number = free.popLast() { return exchanges[number] }
        guard exchanges.count < IdentifierTable.numberLimit else { return nil }
        let exchange = ForwardExchange(number: exchanges.count)
        exchanges.append(exchange)
        return exchange
    }

    /// Says what became of the query and takes the exchange back.
    private func settle(_ exchange: ForwardExchange) -> Verdict {
        groups.with(exchange.groupIndex) { $0.release() }
        leave(exchange)
        let verdict = verdict(exchange)
        exchange.end()
        free.append(exchange.number)
        return verdict
    }

    func advance(_ exchange: ForwardExchange, _ event: ForwardAttempts.Event) {
        groups.with(exchange.groupIndex) { advance(exchange, event, $0) }
    }

    private func advance(_ exchange: ForwardExchange, _ first: ForwardAttempts.Event, _ group: ForwardGroup) {
        var event = first
        while true {
            let step = exchange.attempts.take(event, surroundings(exchange, group))
            if let index = step.probe { probe(group, index) }
            if step.isHealthBroken { group.metrics.healthBroken.increment(in: worker.shard) }
            switch step.action {
            case .deliver: return conclude(exchange, .reply)
            case .fail: return conclude(exchange, .failed)
            case .send(let index, let channel):
                exchange.beginAttempt(group.upstreams[index], now: worker.now)
                exchange.query?.note("forward/upstream", group.upstreams[index].label)
                let isStream = channel == .tcp || group.upstreams[index].isStreamOnly
                let wasSent = isStream ? sendTCP(exchange) : sendUDP(exchange, group, index)
                guard !wasSent else { return startTimer(exchange, group) }
                event = .failed
            }
        }
    }

    private func surroundings(_ exchange: ForwardExchange, _ group: ForwardGroup) -> ForwardAttempts.Surroundings {
        let down = group.down
        return ForwardAttempts.Surroundings(
            isLate: worker.now >= exchange.deadline, down: down, random: down == 0 ? 0 : worker.random.next())
    }

    private func startTimer(_ exchange: ForwardExchange, _ group: ForwardGroup) {
        let left = exchange.deadline > worker.now ? exchange.deadline - worker.now : 0
        exchange.timer = worker.schedule(after: min(group.readTimeout, left), self, token: exchange.token)
    }

    func timerFired(token: UInt64, worker: Worker) {
        guard let exchange = exchange(token) else { return }
        fail(exchange, .timeout(exchange.request == nil ? .udp : .tcp))
    }

    /// The exchange that still is at the attempt of `token`.
    func exchange(_ token: UInt64) -> ForwardExchange? {
        let number = Int(token & 0xFFFF_FFFF)
        guard exchanges.indices.contains(number), exchanges[number].query != nil,
            exchanges[number].outcome == .pending, exchanges[number].token == token
        else { return nil }
        return exchanges[number]
    }

    func fail(_ exchange: ForwardExchange, _ failure: ForwardFailure) {
        exchange.fail(failure)
        endAttempt(exchange)
        advance(exchange, .failed)
    }

    /// Gives back what the current attempt holds.
    func endAttempt(_ exchange: ForwardExchange) {
        if let timer = exchange.timer { worker.cancel(timer) }
        exchange.timer = nil
        if let request = exchange.request {
            exchange.upstream?.stream.cancel(request)
            exchange.request = nil
        }
        guard let socket = exchange.socket else { return }
        exchange.socket = nil
        socket.waiting.remove(exchange.id)
        guard socket.isRetired, socket.waiting.isEmpty else { return }
        let group = groups[exchange.groupIndex]
        guard let index = group.upstreams.firstIndex(where: { $0 === socket.upstream }) else { return }
        pools[exchange.groupIndex][index].drop(socket, worker)
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

    // MARK: The end

    /// Fails what still waits and closes all sockets.
    func close() {
        for exchange in exchanges where exchange.query != nil && exchange.outcome == .pending {
            exchange.fail(.ended)
            endAttempt(exchange)
            conclude(exchange, .failed)
        }
        closeLines()
        for probe in probes { probe.end() }
        for group in pools.indices {
            for index in pools[group].indices { pools[group][index].close(worker) }
        }
    }
}
