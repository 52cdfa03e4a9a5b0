import DNSServer
import DNSWire
import Glibc

/// `minimal`: leaves authority and additional records out of answers, which need neither.
final class MinimalPlugin: ReplyHandler {
    static let definition = PluginDefinition.handler("minimal", .leavesQuestionsAlone) { MinimalPlugin() }

    /// For replies whose signatures matter; kept to be used again.
    private let scan = ReplyScan()

    func handle(_ query: Query) -> Verdict {
        query.omitsAdditional = true
        return .next
    }

    func finish(_ query: Query) -> ReplyVerdict {
        guard query.hasOrdinaryReply, query.responseCode == .noError else { return .done }
        do throws(WireError) {
            if try isSuccess(query) {
                // What an upstream's OPT record said goes as well; the reply's own stays.
                query.forgetReplyOptions()
                try query.dropAllButAnswers()
            }
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
        var isSuccess = true
        try query.visitRecords { section, record in
            if section == .authority, record.type == .SOA || record.type == .NS { isSuccess = false }
            return isSuccess && section == .authority
        }
        return isSuccess
    }
}
