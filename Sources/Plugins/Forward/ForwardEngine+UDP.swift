import DNSServer
import DNSWire
import Glibc
import Telemetry

extension ForwardEngine {
    /// Batches that are read from one socket before the worker looks at the others.
    private static let batchesPerTurn = 2

    func sendUDP(_ exchange: ForwardExchange, _ group: ForwardGroup, _ leg: Int) -> Bool {
        let index = exchange.holds[leg].index
        let (socket, isReused): (UpstreamSocket, Bool)
        do throws(SocketError) {
            (socket, isReused) = try routes[exchange.groupIndex][index].pool.socket(
                to: group.upstreams[index], self, expire: group.expire)
        } catch {
            exchange.fail(.system(error.code), group.upstreams[index])
            return false
        }
        let id = unusedID(socket)
        socket.queue(exchange.token(ofLeg: leg))
        socket.upstream.metrics.countRequest(.udp, isReused: isReused, in: worker.shard)
        socket.use(now: worker.now)
        socket.waiting.insert(id, exchange.number)
        exchange.holds[leg].socket = socket
        exchange.holds[leg].id = id
        return true
    }

    /// Sends the message of a leg once more, the same from the same port: whichever is answered, the reply is known.
    func sendAgain(_ exchange: ForwardExchange, _ leg: Int) {
        guard let socket = exchange.holds[leg].socket else { return }
        socket.queue(exchange.token(ofLeg: leg))
        socket.upstream.metrics.repeats.increment(in: worker.shard)
    }

    /// Sends what was queued on `socket` during the turn, in as few system calls as possible.
    func sendQueued(_ socket: UpstreamSocket) {
        let queued = socket.takeQueue()
        for token in queued {
            let leg = Self.leg(token)
            guard let exchange = exchange(token), let query = exchange.query, exchange.holds.indices.contains(leg),
                exchange.holds[leg].socket === socket
            else { continue }
            outgoing.append(query, id: exchange.holds[leg].id)
            sending.append(token)
            if outgoing.isFull { sendBatch(on: socket) }
        }
        sendBatch(on: socket)
        socket.giveBack(queued)
    }

    /// Sends ``outgoing``; an attempt whose message the kernel refuses has failed.
    private func sendBatch(on socket: UpstreamSocket) {
        var start = 0
        var refused: [(token: UInt64, code: Int32)] = []
        while start < sending.count {
            let sent = socket.socket.send(outgoing, from: start)
            if sent <= 0 { refused.append((sending[start], Int32(truncatingIfNeeded: -sent))) }
            start += max(1, sent)
        }
        outgoing.removeAll()
        sending.removeAll(keepingCapacity: true)
        for (token, code) in refused {
            let leg = Self.leg(token)
            guard let exchange = exchange(token), exchange.holds[leg].socket === socket else { continue }
            refuse(exchange, leg, .system(code))
        }
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
        for _ in 0..<Self.batchesPerTurn {
            let received = socket.socket.receive(into: incoming)
            guard received >= 0 else {
                let code = Int32(truncatingIfNeeded: -received)
                if code != EAGAIN, code != EINTR { fail(socket, code) }
                return
            }
            for index in 0..<received { incoming.with(index) { take($0, socket) } }
            if received < ReceiveBatch.size { return }
        }
    }

    /// The upstream's host said that nobody listens there: none of the queries on the socket will be answered.
    private func fail(_ socket: UpstreamSocket, _ code: Int32) {
        var refused: [UInt64] = []
        for number in socket.waiting.removeAll() {
            let exchange = exchanges[number]
            for leg in exchange.holds.indices where exchange.holds[leg].socket === socket {
                exchange.holds[leg].socket = nil
                refused.append(exchange.token(ofLeg: leg))
                dropIfDone(socket, exchange.groupIndex, exchange.holds[leg].index)
            }
        }
        for token in refused {
            if let exchange = exchange(token) { refuse(exchange, Self.leg(token), .system(code)) }
        }
    }

    private func take(_ message: Span<UInt8>, _ socket: UpstreamSocket) {
        let metrics = socket.upstream.metrics
        guard let header = MessageHeader(decoding: message) else {
            return metrics.countIgnored(.malformed, in: worker.shard)
        }
        guard let number = socket.waiting[header.id], let leg = exchanges[number].leg(on: socket, header.id) else {
            return metrics.countIgnored(.unknownID, in: worker.shard)
        }
        if let reason = accept(message, header, exchanges[number], leg) {
            metrics.countIgnored(reason, in: worker.shard)
        }
    }

    /// Makes `message` the reply of the exchange's query, if it is one.
    ///
    /// - Returns: why it is none; the query goes on waiting then.
    func accept(
        _ message: Span<UInt8>, _ header: MessageHeader, _ exchange: ForwardExchange, _ leg: Int
    ) -> UpstreamMetrics.Ignored? {
        guard let query = exchange.query else { return .unknownID }
        switch ReplyCheck(message, to: query.message, question: query.questionRange) {
        case .foreign: return .wrongQuestion
        case .bareRefusal:
            query.forgetReplyOptions()
            query.beginReply(ResponseCode(rawValue: UInt16(header.flags.responseCode)))
        case .reply:
            let former = exchange.attempts.hasFallback ? SharedReply(query) : nil
            query.forgetReplyOptions()
            do throws(WireError) {
                try query.takeReply(message)
            } catch {
                // A reply that says it is cut short may well end in the middle of a record: the asker comes back over TCP.
                guard header.flags.isTruncated else {
                    if former?.put(into: query) != true { query.beginReply(.serverFailure) }
                    return .malformed
                }
                query.beginReply(ResponseCode(rawValue: UInt16(header.flags.responseCode)))
                query.reply.header.flags.isTruncated = true
                query.reply.header.flags.recursionAvailable = header.flags.recursionAvailable
            }
        }
        note(query, exchange, leg)
        let triesNext = groups.with(exchange.groupIndex) { $0.failsOver(query.responseCode) }
        advance(exchange, .reply(leg: leg, isTruncated: header.flags.isTruncated, triesNext: triesNext))
        return nil
    }

    /// Counts the reply, and learns from it how the upstream is.
    private func note(_ query: Query, _ exchange: ForwardExchange, _ leg: Int) {
        let (upstream, index) = (exchange.holds[leg].upstream, exchange.holds[leg].index)
        let passed = worker.now &- exchange.holds[leg].sentAt
        upstream.metrics.countReply(query.responseCode, after: passed, in: worker.shard)
        upstream.hear()
        let state = exchange.attempts.legs[leg]
        if !state.isJudged { upstream.reliability.noteInTime() }
        // Of a query that was sent twice nobody knows which is answered.
        guard state.sends == 1, state.began == exchange.holds[leg].sentAt else { return }
        routes[exchange.groupIndex][index].add(passed, state.channel)
    }
}
