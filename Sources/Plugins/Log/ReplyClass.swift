import DNSServer
import DNSWire

/// What kind of reply a query got, as `log` tells them apart.
enum ReplyClass: String, Sendable, Hashable {
    /// Every reply, whatever its kind.
    case all
    /// Records, or a referral.
    case success
    /// The name or the type does not exist.
    case denial
    /// Everything else, silence included.
    case error

    /// The class of the reply to `query`.
    static func of(_ query: Query) -> ReplyClass {
        guard query.hasReply, !query.isDropped, query.header.flags.opcode == .query else { return .error }
        guard query.type != .AXFR, query.type != .IXFR else { return .error }
        let isEmpty = query.reply.header.answerCount == 0
        switch query.responseCode {
        case .noError: return isEmpty && hasSOA(query) ? .denial : .success
        case .nameError: return isEmpty ? .denial : .error
        default: return .error
        }
    }

    /// The kind of the reply to `query` as CoreDNS names it, finer than its class.
    static func type(of query: Query) -> String {
        guard query.hasReply, !query.isDropped else { return "OTHERERROR" }
        guard query.header.flags.opcode == .query, query.type != .AXFR, query.type != .IXFR else { return "META" }
        let isEmpty = query.reply.header.answerCount == 0
        switch query.responseCode {
        case .noError:
            guard isEmpty else { return "NOERROR" }
            if hasSOA(query) { return "NODATA" }
            return hasAuthority(.NS, query) ? "DELEGATION" : "NOERROR"
        case .nameError: return isEmpty ? "NXDOMAIN" : "OTHERERROR"
        case .serverFailure, .notImplemented: return "SERVERERROR"
        default: return "OTHERERROR"
        }
    }

    /// Whether the authority section holds an SOA record (RFC 2308 §2.2).
    private static func hasSOA(_ query: Query) -> Bool {
        hasAuthority(.SOA, query)
    }

    private static func hasAuthority(_ type: RecordType, _ query: Query) -> Bool {
        let reply = query.reply
        let bytes = reply.bytes
        var offset = query.questionEnd
        for _ in 0..<reply.header.authorityCount {
            guard let record = try? RecordView(decoding: bytes, at: offset) else { return false }
            if record.type == type { return true }
            offset = record.end
        }
        return false
    }
}
