import Corefile
import DNSServer
import DNSWire

/// `nsid`: tells those who ask for it which server answered them (RFC 5001).
final class NSIDPlugin: ReplyHandler {
    static let definition = PluginDefinition.handler(
        .init(name: "nsid", arguments: .list(.word("DATA"), \.self)), initial: [], .leavesQuestionsAlone
    ) { NSIDPlugin($0.map(\.text)) }

    private let data: [UInt8]

    /// - Parameter words: joined with blanks; the machine's name when there is none.
    init(_ words: [String]) {
        data = Array((words.isEmpty ? HostName.current : words.joined(separator: " ")).utf8)
    }

    func handle(_ query: Query) -> Verdict {
        if let edns = query.edns, edns.optionsLength > 0 { query.mark = edns.option(.nsid, in: query.message) != nil }
        return .next
    }

    func finish(_ query: Query) -> ReplyVerdict {
        guard query.mark, query.hasReply, !query.isDropped else { return .done }
        // An upstream's own name for itself says nothing to the asker (RFC 5001 §2.1: the option is not passed on).
        query.setReplyOption(.nsid, data)
        // CoreDNS's reply has DO then; RFC 3225 §3 would have it copied.
        query.setDNSSECOKInReply()
        return .done
    }
}
