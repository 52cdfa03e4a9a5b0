import DNSServer
import DNSWire

/// `whoami`: answers every query with the asker's own address, port and transport.
final class WhoamiPlugin: QueryHandler {
    static let definition = PluginDefinition.handler("whoami") { WhoamiPlugin() }

    /// `_udp.` and the question's name in the asker's case, used again for each query.
    private var owner: [UInt8] = []

    func handle(_ query: Query) -> Verdict {
        // Addresses of other classes have another form (RFC 1035 §3.4.1).
        guard query.recordClass.takesInternet else { return .next }
        query.beginReply(.noError, authoritative: true)
        let reply = query.reply
        reply.section = .additional
        reply.appendRecord(
            ownerAt: MessageHeader.length, type: query.client.isIPv4 ? .A : .AAAA, ttl: 0,
            data: query.client.octets.span)
        appendPort(query)
        return .reply
    }

    /// An SRV record with the port; left out when `_udp.` makes the name longer than a name may be.
    private func appendPort(_ query: Query) {
        guard 5 + query.name.count <= maximumNameLength else { return }
        owner.removeAll(keepingCapacity: true)
        owner.append(4)
        owner += query.transport == .tcp ? "_tcp".utf8 : "_udp".utf8
        let message = query.message
        for index in 0..<query.name.count { owner.append(message[MessageHeader.length + index]) }
        let reply = query.reply
        let owner = self.owner
        let record = reply.beginRecord(owner: owner.span, type: .SRV, ttl: 0)
        // Priority and weight 0, the port, and the root for a target.
        reply.append(UInt32(0))
        reply.append(query.client.port)
        reply.append(UInt8(0))
        reply.endRecord(record)
    }
}
