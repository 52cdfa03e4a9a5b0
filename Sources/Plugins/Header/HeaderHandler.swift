import DNSServer
import DNSWire

/// Changes the headers of one worker's queries and replies.
final class HeaderHandler: ReplyHandler {
    private let query: HeaderFlags
    private let response: HeaderFlags

    init(_ configuration: HeaderConfiguration) {
        query = configuration.query
        response = configuration.response
    }

    func handle(_ query: Query) -> Verdict {
        if !self.query.isEmpty { query.setFlags(self.query.applied(to: query.header.flags)) }
        return .next
    }

    func finish(_ query: Query) -> ReplyVerdict {
        // The bare reply to a query that failed is the server's own, not that of a plugin behind.
        guard query.hasReply, !query.isDropped, query.failure == nil else { return .done }
        query.reply.header.flags = response.applied(to: query.reply.header.flags)
        return .done
    }
}
