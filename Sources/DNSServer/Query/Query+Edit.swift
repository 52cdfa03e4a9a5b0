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

    /// Lets `change` see and change the options of the query's OPT record, in the message as well: upstreams get to see them.
    ///
    /// Without an OPT record it gets none, and the query has one then, and its reply too. A signed query stays as it is (RFC 8945 §5.5).
    /// - Returns: what `change` does; nil when it was not called.
    package func editOptions<Result>(_ change: (inout [EDNSOption]) -> Result) -> Result? {
        guard header.additionalCount == (edns == nil ? 0 : 1), header.answerCount + header.authorityCount == 0 else {
            return nil
        }
        var content = EDNS(payloadSize: Self.usualPayloadSize)
        if let edns {
            guard let own = try? EDNS(decoding: message, edns) else { return nil }
            content = own
        }
        let before = content.options
        let result = change(&content.options)
        guard edns == nil || content.options != before else { return result }
        return write(content) ? result : nil
    }

    /// What a query offers that had no OPT record; CoreDNS's value.
    private static let usualPayloadSize: UInt16 = 4_096

    /// Puts `content` in place of the OPT record, which is the only record.
    private func write(_ content: EDNS) -> Bool {
        let writer = worker.scratch
        writer.begin(id: 0, flags: .init(rawValue: 0))
        writer.section = .additional
        content.encode(into: writer)
        let record = writer.bytes.extracting(MessageHeader.length..<writer.count)
        guard questionEnd + record.count <= MessageWriter.maximumLength, writer.header.additionalCount == 1 else {
            return false
        }
        // Who said nothing of larger replies gets none over UDP.
        if edns == nil { datagramLimit = min(datagramLimit, 512) }
        replaceOctets(questionEnd..<length, with: record)
        setAdditionalCount(1)
        guard let view = try? RecordView(decoding: message, at: questionEnd) else { return false }
        edns = try? EDNSView(view, in: message)
        return true
    }
}

extension Query {
    /// Makes each EDNS option that the reply will have another one, or none.
    package func mapReplyOptions(_ change: (EDNSOption) -> EDNSOption?) {
        guard !replyOptions.isEmpty, replyOrigin != .signedElsewhere else { return }
        let old = replyOptions
        let options = old.span
        var (result, offset): ([UInt8], Int) = ([], 0)
        while offset + 4 <= old.count {
            let end = offset + 4 + Int(options.uint16(at: offset + 2))
            guard end <= old.count else { break }
            let code = EDNSOptionCode(rawValue: options.uint16(at: offset))
            if let option = change(EDNSOption(code, Array(old[(offset + 4)..<end]))) { result += option.wire }
            offset = end
        }
        replyOptions = result
    }
}
