import DNSServer
import DNSWire
import Glibc
import Telemetry

/// The queries that one worker has with upstreams: sends them, waits, and takes the replies in.
///
/// Everything it holds is bounded: exchanges by ``maximumExchanges``, sockets by their number for each upstream, and those
/// that only wait for last replies by the exchanges on them.
///
/// Unchecked Sendable: only its worker's thread uses it; replies over TCP come to it by ``Worker/execute(_:)``.
final class ForwardEngine: TimerTarget, @unchecked Sendable {
    let worker: Worker
    let groups: [ForwardGroup]
    private var pools: [[UpstreamSocketPool]]
    private var exchanges: ContiguousArray<ForwardExchange> = []
    private var free: ContiguousArray<Int> = []
    private var probes: [HealthProbe] = []
    private let incoming = OctetBuffer(capacity: MessageWriter.maximumLength)
    private let outgoing = OctetBuffer(capacity: MessageWriter.maximumLength)

    /// Queries of one worker that may wait at a time. Each holds some 7 KiB while it waits, so that a hung upstream costs
    /// 28 MiB a worker at most.
    static let maximumExchanges = 4_096
    /// How long a query may take, whatever is tried.
    private static let queryTime: UInt64 = 5_000_000_000
    /// Datagrams that are read from one socket before the worker looks at the others.
    private static let datagramsPerTurn = 64

    init(_ groups: [ForwardGroup], _ worker: Worker) {
        self.groups = groups
        self.worker = worker
        pools = groups.map { $0.upstreams.map { _ in UpstreamSocketPool() } }
    }

    // MARK: A query's way

    /// Sends `query` to an upstream of the group.
    func forward(_ query: Query, _ groupIndex: Int) -> Verdict {
        let group = groups[groupIndex]
        guard group.admit() else {
            group.metrics.rejects.increment(in: worker.shard)
            return .fail(group.limitFailure)
        }
        guard let exchange = takeExchange() else {
            group.release()
            group.metrics.overloads.increment(in: worker.shard)
            return .fail(Self.overload)
        }
        exchange.begin(query, groupIndex: groupIndex)
        exchange.deadline = worker.now &+ Self.queryTime
        group.arrange(&exchange.attempts.order, &worker.random)
        exchange.attempts.reset(group.rules, clientUsesTCP: query.transport == .tcp)
        advance(exchange, .start)
        guard exchange.outcome == .pending else { return settle(exchange) }
        return .wait { [self] _ in
            await exchange.wait()
            return settle(exchange)
        }
    }

    private static let overload = QueryFailure(
        .serverFailure, "more than \(maximumExchanges) queries of one worker wait for upstreams")

    private func takeExchange() -> ForwardExchange? {
        if let number = free.popLast() { return exchanges[number] }
        guard exchanges.count < Self.maximumExchanges else { return nil }
        let exchange = ForwardExchange(number: exchanges.count)
        exchanges.append(exchange)
        return exchange
    }

    /// Says what became of the query and takes the exchange back.
    private func settle(_ exchange: ForwardExchange) -> Verdict {
        groups[exchange.groupIndex].release()
        let verdict: Verdict =
            exchange.outcome == .reply ? .reply : .fail(QueryFailure(.serverFailure, exchange.failureText))
        exchange.end()
        free.append(exchange.number)
        return verdict
    }

    private func advance(_ exchange: ForwardExchange, _ first: ForwardAttempts.Event) {
        let group = groups[exchange.groupIndex]
        var event = first
        while true {
            let step = exchange.attempts.take(event, surroundings(exchange, group))
            if let index = step.probe { probe(group, index) }
            if step.isHealthBroken { group.metrics.healthBroken.increment(in: worker.shard) }
            switch step.action {
            case .deliver: return exchange.conclude(.reply)
            case .fail: return exchange.conclude(.failed)
            case .send(let index, let channel):
                exchange.beginAttempt(group.upstreams[index], now: worker.now)
                let wasSent = channel == .tcp ? sendTCP(exchange) : sendUDP(exchange, group, index)
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
    private func exchange(_ token: UInt64) -> ForwardExchange? {
        let number = Int(token & 0xFFFF_FFFF)
        guard exchanges.indices.contains(number), exchanges[number].query != nil,
            exchanges[number].outcome == .pending, exchanges[number].token == token
        else { return nil }
        return exchanges[number]
    }

    private func fail(_ exchange: ForwardExchange, _ failure: ForwardFailure) {
        exchange.fail(failure)
        endAttempt(exchange)
        advance(exchange, .failed)
    }

    /// Gives back what the current attempt holds.
    private func endAttempt(_ exchange: ForwardExchange) {
        if let timer = exchange.timer { worker.cancel(timer) }
        exchange.timer = nil
        if let request = exchange.request {
            exchange.upstream?.tcp.cancel(request)
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

    // MARK: UDP

    private func sendUDP(_ exchange: ForwardExchange, _ group: ForwardGroup, _ index: Int) -> Bool {
        guard let query = exchange.query else { return false }
        let (socket, isReused): (UpstreamSocket, Bool)
        do throws(SocketError) {
            (socket, isReused) = try pools[exchange.groupIndex][index].socket(
                to: group.upstreams[index], self, expire: group.expire)
        } catch {
            exchange.fail(.system(error.code))
            return false
        }
        let id = unusedID(socket)
        let outgoing = outgoing
        outgoing.load(query.message, id: id)
        let sent = socket.socket.send(outgoing.span)
        guard sent >= 0 else {
            exchange.fail(.system(-sent))
            return false
        }
        socket.upstream.metrics.countRequest(.udp, isReused: isReused, in: worker.shard)
        socket.use(now: worker.now)
        socket.waiting.insert(id, exchange.number)
        exchange.socket = socket
        exchange.id = id
        return true
    }

    /// A random ID that nobody waits for; far fewer are in use than there are.
    private func unusedID(_ socket: UpstreamSocket) -> UInt16 {
        while true {
            let id = UInt16(truncatingIfNeeded: worker.random.next() >> 16)
            if socket.waiting[id] == nil { return id }
        }
    }

    /// Takes in what has arrived on `socket`.
    func receive(_ socket: UpstreamSocket) {
        let incoming = incoming
        for _ in 0..<Self.datagramsPerTurn {
            var memory = incoming.whole
            let length = socket.socket.receive(into: &memory)
            guard length >= 0 else {
                if length != -EAGAIN, length != -EINTR { fail(socket, -length) }
                return
            }
            incoming.use(Int(length))
            take(incoming.span, socket)
            if socket.waiting.isEmpty { return }
        }
    }

    /// The upstream's host said that nobody listens there: none of the queries on the socket will be answered.
    private func fail(_ socket: UpstreamSocket, _ code: Int32) {
        for number in socket.waiting.removeAll() where exchanges[number].socket === socket {
            fail(exchanges[number], .system(code))
        }
    }

    private func take(_ message: Span<UInt8>, _ socket: UpstreamSocket) {
        let metrics = socket.upstream.metrics
        guard let header = MessageHeader(decoding: message), let number = socket.waiting[header.id] else {
            return metrics.countIgnored(.unknownID, in: worker.shard)
        }
        let exchange = exchanges[number]
        guard exchange.socket === socket else { return metrics.countIgnored(.unknownID, in: worker.shard) }
        if let reason = accept(message, header, exchange) { metrics.countIgnored(reason, in: worker.shard) }
    }

    /// Makes `message` the reply of the exchange's query, if it is one.
    ///
    /// - Returns: why it is none; the query goes on waiting then.
    private func accept(
        _ message: Span<UInt8>, _ header: MessageHeader, _ exchange: ForwardExchange
    ) -> UpstreamMetrics.Ignored? {
        guard let query = exchange.query else { return .unknownID }
        switch ReplyCheck(message, to: query.message, question: query.questionRange) {
        case .foreign: return .wrongQuestion
        case .bareRefusal: query.beginReply(ResponseCode(rawValue: UInt16(header.flags.responseCode)))
        case .reply:
            do throws(WireError) {
                try query.takeReply(message)
            } catch {
                // A reply that says it is cut short may well end in the middle of a record: the asker comes back over TCP.
                guard header.flags.isTruncated else { return .malformed }
                query.beginReply(ResponseCode(rawValue: UInt16(header.flags.responseCode)))
                query.reply.header.flags.isTruncated = true
                query.reply.header.flags.recursionAvailable = header.flags.recursionAvailable
            }
        }
        let passed = worker.now &- exchange.sentAt
        exchange.upstream?.metrics.countReply(query.responseCode, after: passed, in: worker.shard)
        endAttempt(exchange)
        advance(exchange, .reply(isTruncated: header.flags.isTruncated))
        return nil
    }

    // MARK: TCP

    private func sendTCP(_ exchange: ForwardExchange) -> Bool {
        guard let query = exchange.query, let upstream = exchange.upstream else { return false }
        let token = exchange.token
        let request = TCPRequest(query.message.copy()) { [self] result in
            worker.execute { _ in self.take(result, token) }
        }
        exchange.request = request
        upstream.tcp.send(request)
        return true
    }

    private func take(_ result: Result<[UInt8], TCPFailure>, _ token: UInt64) {
        guard let exchange = exchange(token) else { return }
        exchange.request = nil
        switch result {
        case .success(let message):
            guard let header = MessageHeader(decoding: message.span),
                let reason = accept(message.span, header, exchange)
            else { return }
            exchange.upstream?.metrics.countIgnored(reason, in: worker.shard)
            fail(exchange, .malformed)
        case .failure(let failure):
            fail(exchange, failure.forwardFailure)
        }
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
            exchange.conclude(.failed)
        }
        for probe in probes { probe.end() }
        for group in pools.indices {
            for index in pools[group].indices { pools[group][index].close(worker) }
        }
    }
}
