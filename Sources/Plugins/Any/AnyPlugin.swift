import DNSServer
import DNSWire

/// `any`: answers questions for all types with one record that says that they are obsolete (RFC 8482 §4.2).
final class AnyPlugin: QueryHandler {
    static let definition = PluginDefinition.handler("any") { AnyPlugin() }

    /// The TTL in seconds, which is CoreDNS's.
    private static let ttl: UInt32 = 8_482
    /// CPU and OS, each a character-string (RFC 1035 §3.3.2).
    private static let words = ["ANY obsoleted", "See RFC 8482"]

    func handle(_ query: Query) -> Verdict {
        guard query.type == .ANY, query.recordClass.takesInternet else { return .next }
        query.beginReply()
        let reply = query.reply
        let record = reply.beginRecord(ownerAt: MessageHeader.length, type: .HINFO, ttl: Self.ttl)
        for word in Self.words { reply.append(characterString: word) }
        reply.endRecord(record)
        return .reply
    }
}
