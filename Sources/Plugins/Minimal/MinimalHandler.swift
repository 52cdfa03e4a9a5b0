import DNSServer
import DNSWire
import Glibc

/// Takes authority and additional records out of one worker's replies.
final class MinimalHandler: ReplyHandler {
    /// For replies whose signatures matter; kept to be used again.
    private let scan = ReplyScan()

    func handle(_ query: Query) -> Verdict {
        query.omitsAdditional = true
        return .next
    }

    func finish(_ query: Query) -> ReplyVerdict {
        guard query.hasReply, !query.isDropped, query.failure == nil, query.responseCode == .noError,
            query.header.flags.opcode == .query, query.type != .AXFR, query.type != .IXFR,
            query.reply.header.questionCount == 1, query.reply.count >= query.questionEnd
        else { return .done }
        do throws(WireError) {
            if try isSuccess(query) { try strip(query) }
        } catch {
            // A reply from elsewhere with a damaged record goes out as it came.
        }
        return .done
    }

    /// Whether the reply is neither a denial nor a referral, and its signatures are good if they matter.
    private func isSuccess(_ query: Query) throws(WireError) -> Bool {
        let reply = query.reply
        if query.dnssecOK {
            let now = UInt32(truncatingIfNeeded: time(nil))
            try scan.read(reply.bytes, reply.header, from: query.questionEnd, type: query.type, wallSeconds: now)
            guard !scan.hasExpiredSignature else { return false }
        }
        guard reply.header.answerCount == 0 else { return true }
        var walk = RecordWalk(reply.bytes, header: reply.header, offset: query.questionEnd)
        while let (section, record) = try walk.next(), section == .authority {
            if record.type == .SOA || record.type == .NS { return false }
        }
        return true
    }

    /// Leaves the answer section alone.
    private func strip(_ query: Query) throws(WireError) {
        // What an upstream's OPT record said goes as well; the reply's own stays.
        query.forgetReplyOptions()
        let reply = query.reply
        let answers = Int(reply.header.answerCount)
        guard reply.header.authorityCount > 0 || reply.header.additionalCount > 0 else { return }
        var walk = RecordWalk(reply.bytes, header: reply.header, offset: query.questionEnd)
        for _ in 0..<answers { _ = try walk.next() }
        reply.cut(at: walk.offset, answers: answers, authorities: 0, additionals: 0)
    }
}
