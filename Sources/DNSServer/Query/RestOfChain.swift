package import DNSWire

/// A query for another name, on its way through the plugins behind the one that asks.
///
/// It belongs to the asking query's worker, as all that it touches. What plugins before the asking one do (metrics, logs) is not
/// done for it.
@safe
package final class RestOfChain {
    let query: Query
    /// Whether it has run its way; at once when the data is local.
    package private(set) var isFinished = false
    private var continuation: UnsafeContinuation<Void, Never>?

    fileprivate init(_ query: Query) {
        self.query = query
    }

    /// The reply's code.
    package var responseCode: ResponseCode { query.responseCode }
    /// Why there is no proper reply.
    package var failure: QueryFailure? { query.failure }
    /// Whether the asker would get nothing.
    package var isDropped: Bool { query.isDropped }

    /// Waits until it has run its way.
    package func wait() async {
        guard !isFinished else { return }
        unsafe await withUnsafeContinuation { unsafe continuation = $0 }
    }

    /// Gives its memory back; called once it has run its way and nothing of it is needed any more.
    package func release() {
        guard isFinished else { return }
        query.worker.recycle(query)
    }
}

extension RestOfChain: QueryOrigin {
    func complete(_ query: Query) {
        isFinished = true
        query.origin = nil
        guard let continuation = unsafe continuation else { return }
        unsafe self.continuation = nil
        unsafe continuation.resume()
    }
}

extension Query {
    /// Sends a query for `name`, else the same as this one, through the plugins behind the one that handles this query now.
    ///
    /// It takes what this query's asker takes, and upstreams are asked over that one's transport: what is cut short over UDP sends the
    /// asker to TCP, where it is whole.
    /// - Returns: nil when the message cannot be made.
    package func runRest(as name: Name) -> RestOfChain? {
        guard let chain, let blocks, position < chain.count else { return nil }
        let query = worker.takeQuery()
        query.isSlot = false
        query.transport = transport
        query.datagramLimit = datagramLimit
        query.isOwn = true
        query.client = client
        query.local = local
        query.listeningAddress = listeningAddress
        query.arrival = arrival
        query.deadline = deadline
        query.depth = depth
        query.allowance = allowance
        query.take(renamed(name).span)
        guard query.admit() == .admitted else {
            worker.recycle(query)
            return nil
        }
        query.enter(Uncounted(chain), of: blocks)
        query.floor = position + 1
        query.position = query.floor
        let rest = RestOfChain(query)
        query.origin = rest
        chain.descend(query)
        return rest
    }

    /// The message with another name in its question.
    private func renamed(_ name: Name) -> [UInt8] {
        let message = self.message
        return message.copy(0..<MessageHeader.length) + name.wire + message.copy(questionEnd - 4..<message.count)
    }

    /// Makes the reply that `rest` got the reply to this query: behind an alias from this query's name to `target`, when there are
    /// answers.
    ///
    /// - Throws: what is wrong with that reply; nothing is changed then.
    package func takeReply(of rest: RestOfChain, alias target: Name) throws(WireError) {
        let other = rest.query.reply
        other.finish()
        let message = try Message(decoding: other.bytes)
        beginReply(rest.responseCode)
        let copied =
            MessageHeader.Flags.authoritative | MessageHeader.Flags.truncated | MessageHeader.Flags.recursionAvailable
            | MessageHeader.Flags.authenticData
        reply.header.flags.rawValue |= message.flags.rawValue & copied
        if let first = message.answers.first {
            let record = reply.beginRecord(ownerAt: MessageHeader.length, type: .CNAME, ttl: first.ttl)
            reply.append(name: target.wire.span)
            reply.endRecord(record)
        }
        for record in message.answers { record.encode(into: reply) }
        reply.section = .authority
        for record in message.authorities { record.encode(into: reply) }
        reply.section = .additional
        for record in message.additionals { record.encode(into: reply) }
        takeOutcome(of: rest.query)
    }

    /// Makes what became of `rest` what became of this query: its failure, or its silence.
    package func takeFailure(of rest: RestOfChain) {
        beginReply(rest.failure?.responseCode ?? .serverFailure)
        takeOutcome(of: rest.query)
    }

    private func takeOutcome(of other: Query) {
        replyOptions = other.replyOptions
        if case .here = other.replyOrigin { replyOrigin = .here } else { replyOrigin = .elsewhere }
        failure = other.failure
        isDropped = other.isDropped
        hasReply = other.hasReply
        replier = other.replier
        if !other.isShareable { isShareable = false }
        allowance = other.allowance
        if let notes = other.extras?.notes, !notes.isEmpty { madeExtras.notes += notes }
    }
}
