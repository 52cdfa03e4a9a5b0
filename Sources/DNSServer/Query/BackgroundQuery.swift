import DNSWire
import Synchronization
import Telemetry

/// A query of the server's own that runs in the background: through the plugins behind the one that asks, and no client waits for
/// its reply.
///
/// It belongs to the worker of the query that gave rise to it, and goes on when that one has long been answered. Metrics and logs,
/// which stand before, do not see it. A reload waits for it as for a client's query, a stop does not (``Chain/inBackground``).
@safe
final class BackgroundQuery {
    /// Counted: nobody else keeps them for one that is asked again.
    private let chain: Chain
    private let blocks: BlockTable
    private let start: Int
    private let depth: Int
    private let end: (Query) -> Void

    fileprivate init(of asker: Query, _ chain: Chain, _ blocks: BlockTable, end: @escaping (Query) -> Void) {
        self.chain = chain
        self.blocks = blocks
        start = asker.position + 1
        depth = asker.depth
        self.end = end
    }

    /// Sends `query`, whose message has been taken, on its way.
    fileprivate func run(_ query: Query, over transport: Query.Transport) {
        query.reset()
        query.transport = transport
        query.isOwn = true
        query.depth = depth
        query.origin = self
        guard query.admit() == .admitted else { return finish(query) }
        query.enter(Uncounted(chain), of: blocks)
        query.floor = start
        query.position = start
        chain.descend(query)
    }

    private func finish(_ query: Query) {
        let worker = query.worker
        chain.inBackground -= 1
        worker.backgroundCount.subtract(1, ordering: .relaxed)
        end(query)
        worker.recycle(query)
    }
}

extension BackgroundQuery: QueryOrigin {
    func complete(_ query: Query) {
        // What asks the server over UDP comes back over TCP for a reply that was cut short; this query is its own client.
        guard query.transport == .udp, query.hasReply, !query.isDropped, query.reply.header.flags.isTruncated else {
            return finish(query)
        }
        run(query, over: .tcp)
    }
}

extension Query {
    /// The payload size that fits every network's packets, and that most replies fit into (the DNS flag day of 2020).
    private static let backgroundPayloadSize: UInt16 = 1_232

    /// Asks this query's question again, in the background, of the plugins behind the one that handles this query now.
    ///
    /// It is asked as this query's asker would, DO and CD included, but with RD and AD set and the name in lower case. It may
    /// have come to its end when this returns: local data is there at once.
    /// - Parameter end: takes the query when it has run its way, on the worker's thread; it is valid during the call only. Its
    ///   reply is whole but for the header's octets (``MessageWriter/finish()``) and has no OPT record.
    /// - Returns: whether it was asked; false when as many run in the background already as may.
    package func askInBackground(_ end: @escaping (Query) -> Void) -> Bool {
        guard let chain, let blocks, position < chain.count else { return false }
        let worker = worker
        guard worker.backgroundCount.load(ordering: .relaxed) < worker.backgroundLimit else {
            worker.counters.refusedBackground.increment(in: shard)
            return false
        }
        let query = worker.takeQuery()
        query.isSlot = false
        query.client = client
        query.local = local
        query.listeningAddress = listeningAddress
        query.arrival = now
        query.take(backgroundMessage().span)
        chain.inBackground += 1
        worker.backgroundCount.add(1, ordering: .relaxed)
        BackgroundQuery(of: self, chain, blocks, end: end).run(query, over: .udp)
        return true
    }

    private func backgroundMessage() -> [UInt8] {
        var flags = MessageHeader.Flags(rawValue: 0)
        flags.recursionDesired = true
        flags.authenticData = true
        flags.checkingDisabled = header.flags.checkingDisabled
        let question = OwnQuestion(
            type: type, recordClass: recordClass, flags: flags, payloadSize: Self.backgroundPayloadSize,
            dnssecOK: dnssecOK)
        return question.message(id: UInt16(truncatingIfNeeded: worker.random.next()), name)
    }
}
