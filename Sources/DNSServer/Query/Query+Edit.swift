package import DNSWire

/// Changes of a reply on its way up, for plugins that need its records decoded.
///
/// Who only reads records, or changes TTLs, walks the octets (``RecordWalk``) and allocates nothing.
extension Query {
    /// Lets `change` see and change the whole reply but for its OPT record, which is not made yet.
    ///
    /// Nothing happens when there is no reply, or one from elsewhere whose records do not have the form of their types, or a signed one
    /// (RFC 8945 §5.3.1).
    /// - Complexity: every record is decoded and encoded anew, some hundred nanoseconds each.
    package func editReply(_ change: (inout Message) -> Void) {
        guard hasReply, !isDropped, replyOrigin != .signedElsewhere else { return }
        let reply = reply
        reply.finish()
        guard var message = try? Message(decoding: reply.bytes) else { return }
        change(&message)
        let wasTruncated = message.flags.isTruncated
        message.encode(into: reply)
        if wasTruncated { reply.header.flags.isTruncated = true }
    }

    /// Gives every record of the reply the TTL that `ttl` makes of its own, in place.
    package func mapTTLs(_ ttl: (UInt32) -> UInt32) {
        guard hasReply, !isDropped, replyOrigin != .signedElsewhere else { return }
        let reply = reply
        let counts = [reply.header.answerCount, reply.header.authorityCount, reply.header.additionalCount]
        var offset = questionEnd
        for _ in 0..<counts.reduce(0, { $0 + Int($1) }) {
            guard let record = try? RecordView(decoding: reply.bytes, at: offset) else { return }
            offset = record.end
            guard record.type != .OPT else { continue }
            var bytes = reply.mutableBytes
            bytes.put(ttl(record.ttl), at: record.ttlOffset)
        }
    }
}
