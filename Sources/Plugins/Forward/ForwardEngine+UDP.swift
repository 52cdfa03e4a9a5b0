import DNSServer
import DNSWire
import Glibc
import Telemetry

extension ForwardEngine {
    /// Batches that are read from one socket before the worker looks at the others.
    private static let batchesPerTurn = 2

    func sendUDP(_ exchange: ForwardExchange, _ group: ForwardGroup, _ leg: Int) -> Bool {
        let index = exchange.holds[leg].index
        let upstream = group.upstreams[index]
        let (socket, isReused): (UpstreamSocket, Bool)
        do throws(SocketError) {
            (socket, isReused) = try routes[exchange.groupIndex][index].pool.socket(
                to: upstream, self, groupIndex: exchange.groupIndex, index: index, expire: group.expire)
        } catch {
            exchange.fail(.unopened(error.code), upstream)
            return false
        }
        let id = unusedID(socket)
        socket.queue(exchange.token(ofLeg: leg))
        upstream.metrics.countRequest(.udp, isReused: isReused, in: worker.shard)
        socket.use(now: worker.now)
        socket.waiting.insert(id, exchange.number)
        let isCased = upstream.caseKeeping.isKept
        if isCased, exchange.caseMask == 0 { exchange.caseMask = worker.secrets.next() }
        exchange.holds[leg].wait(on: socket, id, isCased: isCased)
        return true
    }

    /// Sends the message of a leg once more, the same from the same port: whichever is answered, the reply is known.
    func sendAgain(_ exchange: ForwardExchange, _ leg: Int) {
        guard let socket = exchange.holds[leg].socket else { return }
        socket.queue(exchange.token(ofLeg: leg))
        socket.upstream.metrics.repeats.increment(in: worker.shard)
        routes[exchange.groupIndex][exchange.holds[leg].index].noteRepeat(at: worker.now)
    }

    /// Sends what was queued on `socket` during the turn, in as few system calls as possible.
    func sendQueued(_ socket: UpstreamSocket) {
        let queued = socket.takeQueue()
        for token in queued {
            let leg = Self.leg(token)
            guard let exchange = exchange(token), let query = exchange.query, exchange.holds.indices.contains(leg),
                exchange.holds[leg].socket === socket
            else { continue }
            exchange.turnCase(exchange.holds[leg].isCased)
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
        var doubt: Int32?
        while start < sending.count {
            var sent = socket.socket.send(outgoing, from: start)
            if sent <= 0 {
                // What an ICMP message said is told once, in place of sending.
                let code = Int32(truncatingIfNeeded: -sent)
                sent = socket.socket.send(outgoing, from: start)
                if sent <= 0 { refused.append((sending[start], code)) } else { doubt = code }
            }
            start += max(1, sent)
        }
        outgoing.removeAll()
        sending.removeAll(keepingCapacity: true)
        for (token, code) in refused {
            let leg = Self.leg(token)
            guard let exchange = exchange(token), exchange.holds[leg].socket === socket else { continue }
            refuse(exchange, leg, .system(code))
        }
        if let doubt { self.doubt(socket, doubt) }
    }

    /// A random ID that was not used on `socket`; far fewer are than there are.
    private func unusedID(_ socket: UpstreamSocket) -> UInt16 {
        var id = UInt16(truncatingIfNeeded: worker.secrets.next())
        // A socket has 256 of them: it ends after a step or two.
        while socket.waiting.contains(id) { id = id &* 4_093 &+ 1 }
        return id
    }

    /// Takes in what has arrived on `socket`.
    func receive(_ socket: UpstreamSocket) {
        for _ in 0..<Self.batchesPerTurn {
            let received = socket.socket.receive(into: incoming)
            guard received >= 0 else {
                let code = Int32(truncatingIfNeeded: -received)
                if code != EAGAIN, code != EINTR { doubt(socket, code) }
                return
            }
            for index in 0..<received { incoming.with(index) { take($0, socket) } }
            if received < ReceiveBatch.size { return }
        }
    }

    func take(_ message: Span<UInt8>, _ socket: UpstreamSocket) {
        let metrics = socket.upstream.metrics
        guard !socket.isBurnt else { return metrics.countIgnored(.unknownID, in: worker.shard) }
        guard let header = MessageHeader(decoding: message) else {
            return metrics.countIgnored(.malformed, in: worker.shard)
        }
        guard let number = socket.waiting[header.id], let leg = exchanges[number].leg(on: socket, header.id) else {
            metrics.countIgnored(.unknownID, in: worker.shard)
            if !socket.waiting.contains(header.id), socket.countStranger() { burn(socket) }
            return
        }
        if let reason = accept(message, header, exchanges[number], leg, isDatagram: true) {
            metrics.countIgnored(reason, in: worker.shard)
            if reason == .malformed { spoil(exchanges[number], leg, .udp) }
        }
    }

    /// What the upstream of a leg replied cannot be used: over UDP it is asked again at once, over TCP.
    ///
    /// - Parameter request: the request that went out on the leg, if it is not held any more.
    func spoil(
        _ exchange: ForwardExchange, _ leg: Int, _ channel: ForwardAttempts.Channel, _ request: TCPRequest? = nil
    ) {
        exchange.holds[leg].upstream.hear()
        exchange.fail(.damaged(channel), exchange.holds[leg].upstream, over: request ?? exchange.holds[leg].way)
        advance(exchange, .spoilt(leg: leg))
    }

    /// Makes `message` the reply of the exchange's query, if it is one.
    ///
    /// - Parameter isDatagram: whether it can have been cut on its way.
    /// - Returns: why it is none: `malformed` for a reply to the question that cannot be used; else the query goes on waiting.
    func accept(
        _ message: Span<UInt8>, _ header: MessageHeader, _ exchange: ForwardExchange, _ leg: Int, isDatagram: Bool
    ) -> UpstreamMetrics.Ignored? {
        guard let query = exchange.query else { return .unknownID }
        let (upstream, isCased) = (exchange.holds[leg].upstream, exchange.holds[leg].isCased)
        exchange.turnCase(isCased)
        let check = ReplyCheck(message, to: query.message, question: query.questionRange)
        exchange.turnCase(false)
        switch check {
        case .foreign: return .wrongQuestion
        case .otherCase
        where isCased && upstream.caseKeeping.isKept && upstream.caseKeeping.noteOtherCase(at: worker.now):
            return .wrongCase
        case .bareRefusal:
            query.forgetReplyOptions()
            query.beginReply(ResponseCode(rawValue: UInt16(header.flags.responseCode)))
        case .reply, .otherCase:
            do throws(WireError) {
                try query.takeReply(message, isDatagram: isDatagram)
            } catch {
                return .malformed
            }
            if isCased { query.giveAskersCase() }
        }
        note(query, header, exchange, leg)
        let triesNext = groups.with(exchange.groupIndex) { $0.failsOver(query.responseCode) }
        let isTruncated = query.reply.header.flags.isTruncated
        advance(exchange, .reply(leg: leg, isTruncated: isTruncated, triesNext: triesNext))
        return nil
    }

    /// Counts the reply, and learns from it how the upstream is.
    private func note(_ query: Query, _ header: MessageHeader, _ exchange: ForwardExchange, _ leg: Int) {
        let (upstream, index) = (exchange.holds[leg].upstream, exchange.holds[leg].index)
        let passed = worker.now &- exchange.holds[leg].sentAt
        upstream.metrics.countReply(query.responseCode, after: passed, in: worker.shard)
        upstream.hear()
        if exchange.holds[leg].isCased { upstream.caseKeeping.noteSameCase() }
        if header.answerCount > 0, header.flags.responseCode == 0, exchange.holds[leg].socket != nil,
            query.recordClass == .IN, upstream.caseKeeping.noteAnswer(at: worker.now)
        {
            tryCase(upstream, query)
        }
        let state = exchange.attempts.legs[leg]
        if !state.isJudged { upstream.reliability.noteInTime() }
        routes[exchange.groupIndex][index].note(state, after: passed, now: worker.now)
    }
}
