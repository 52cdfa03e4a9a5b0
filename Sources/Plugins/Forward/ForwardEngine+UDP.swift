import DNSServer
import DNSWire
import Glibc
import Telemetry

extension ForwardEngine {
    /// Batches that are read from one socket before the worker looks at the others.
    private static let batchesPerTurn = 2

    func sendUDP(_ exchange: ForwardExchange, _ group: ForwardGroup, _ index: Int) -> Bool {
        let (socket, isReused): (UpstreamSocket, Bool)
        do throws(SocketError) {
            (socket, isReused) = try pools[exchange.groupIndex][index].socket(
                to: group.upstreams[index], self, expire: group.expire)
        } catch {
            exchange.fail(.system(error.code))
            return false
        }
        let id = unusedID(socket)
        socket.queue(exchange.token)
        socket.upstream.metrics.countRequest(.udp, isReused: isReused, in: worker.shard)
        socket.use(now: worker.now)
        socket.waiting.insert(id, exchange.number)
        exchange.socket = socket
        exchange.id = id
        return true
    }

    /// Sends what was queued on `socket` during the turn, in as few system calls as possible.
    func sendQueued(_ socket: UpstreamSocket) {
        let queued = socket.takeQueue()
        for token in queued {
            guard let exchange = exchange(token), let query = exchange.query, exchange.socket === socket else {
                continue
            }
            outgoing.append(query, id: exchange.id)
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
            if let exchange = exchange(token) { fail(exchange, .system(code)) }
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
    func accept(
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
}
