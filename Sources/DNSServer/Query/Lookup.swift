package import DNSWire
import Telemetry

/// What the server itself says to another question.
package struct Lookup: Sendable {
    package let responseCode: ResponseCode
    package let flags: MessageHeader.Flags
    /// Why there is no proper reply.
    package let failure: QueryFailure?
    /// The whole reply in wire form, without an OPT record; empty when the query was dropped.
    package let message: [UInt8]
    /// Whether others may be given the same.
    package let isShareable: Bool
    /// Whether nothing here answers such names: who wants to know more must ask elsewhere.
    package let isUnserved: Bool
}

extension Query {
    /// How deep lookups may be nested: a chain of aliases that is longer leads nowhere.
    static let maximumDepth = 8

    /// Asks the whole server another question, as the asker of this one would.
    ///
    /// It runs in the same worker, at once when the data is local. Metrics and logs count it as a query of its own. It has the asker's
    /// transport and takes what the asker takes: who comes over TCP gets large sets whole, also where an upstream cuts them short over UDP.
    /// - Parameter recordClass: that of the alias, whatever the asker's.
    /// - Returns: nil when lookups are nested too deep, when the asker's allowance is used up, or its time.
    package func lookup(_ name: Name, _ type: RecordType, _ recordClass: RecordClass = .IN) async -> Lookup? {
        guard depth < Self.maximumDepth, let blocks else { return nil }
        let allowance = allowance ?? LookupAllowance()
        self.allowance = allowance
        // What is answered from here never waits, and so never looks at the time.
        guard allowance.take(), worker.readClock() < deadline else {
            worker.counters.refusedLookups.increment(in: shard)
            return nil
        }
        let query = Query(worker: worker)
        query.transport = transport
        query.datagramLimit = datagramLimit
        query.isOwn = true
        query.client = client
        query.arrival = worker.readClock()
        query.deadline = deadline
        query.depth = depth + 1
        query.allowance = allowance
        query.take(question(name, type, recordClass).span)
        guard query.admit() == .admitted else { return nil }
        let lookup = unsafe await withUnsafeContinuation { continuation in
            unsafe query.origin = LookupOrigin(continuation)
            worker.route(query, blocks)
        }
        allowance.spend(octets: lookup?.message.count ?? 0)
        return lookup
    }

    /// The question as a message, with this query's RD, CD, payload size and DO.
    ///
    /// Options of its OPT record are not passed on: they concern the way between its asker and this server (RFC 6891 §6.1.1).
    private func question(_ name: Name, _ type: RecordType, _ recordClass: RecordClass) -> [UInt8] {
        var flags = MessageHeader.Flags(rawValue: 0)
        flags.recursionDesired = header.flags.recursionDesired
        flags.checkingDisabled = header.flags.checkingDisabled
        let question = OwnQuestion(
            type: type, recordClass: recordClass, flags: flags, payloadSize: edns?.payloadSize, dnssecOK: dnssecOK)
        return question.message(id: UInt16(truncatingIfNeeded: worker.random.next()), name.wire.span)
    }
}

/// Hands the reply to a lookup back to the query that made it.
@safe
private final class LookupOrigin: QueryOrigin {
    private let continuation: UnsafeContinuation<Lookup?, Never>

    init(_ continuation: UnsafeContinuation<Lookup?, Never>) {
        unsafe self.continuation = continuation
    }

    func complete(_ query: Query) {
        var message: [UInt8] = []
        if query.hasReply, !query.isDropped {
            let reply = query.reply
            reply.finish()
            message = reply.bytes.copy()
        }
        unsafe continuation.resume(
            returning: Lookup(
                responseCode: query.responseCode, flags: query.reply.header.flags, failure: query.failure,
                message: message, isShareable: query.isShareable, isUnserved: query.isUnserved))
    }
}
