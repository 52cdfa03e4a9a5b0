package import DNSWire

extension Query {
    /// Starts the reply: the header, with what is copied from the query, and the question as it was asked.
    ///
    /// RD and CD are copied for opcode QUERY only. Records that do not fit into what the asker takes are not written, and the reply is
    /// marked as cut short. Source: RFC 1035 §4.1.1, RFC 4035 §3.2.2.
    package func beginReply(_ code: ResponseCode = .noError, authoritative: Bool = false) {
        var flags = MessageHeader.Flags(rawValue: MessageHeader.Flags.response)
        flags.opcode = header.flags.opcode
        if header.flags.opcode == .query {
            flags.recursionDesired = header.flags.recursionDesired
            flags.checkingDisabled = header.flags.checkingDisabled
        }
        flags.isAuthoritative = authoritative
        reply.begin(id: header.id, flags: flags)
        reply.setLimit(writingLimit)
        setResponseCode(code)
        if questionEnd > MessageHeader.length { reply.copyQuestion(message, questionRange) }
    }

    /// Sets the reply's code, in the header and for the OPT record.
    package func setResponseCode(_ code: ResponseCode) {
        responseCode = code
        reply.header.flags.responseCode = UInt8(truncatingIfNeeded: code.rawValue & 0xF)
    }

    /// Makes `message`, a whole reply from elsewhere, the reply to this query: the ID and the question become the query's own,
    /// its OPT record is taken out and its options kept for an asker who speaks EDNS.
    ///
    /// - Throws: what is wrong with the message; there is no reply then.
    package func takeReply(_ message: Span<UInt8>) throws(WireError) {
        try reply.copyMessage(message)
        reply.header.id = header.id
        responseCode = ResponseCode(rawValue: UInt16(reply.header.flags.responseCode))
        try detachEDNS(from: message)
        let replyNameEnd = try skipName(in: message, at: MessageHeader.length)
        guard replyNameEnd + 4 == questionEnd else { throw .badRecordData }
        reply.overwrite(self.message, questionRange)
    }

    /// Takes the OPT record out of the reply, which is a copy of `message`.
    private func detachEDNS(from message: Span<UInt8>) throws(WireError) {
        var walk = try RecordWalk(message)
        var found: EDNSView?
        while let (section, record) = try walk.next() {
            guard record.type == .OPT else { continue }
            guard section == .additional, found == nil else { throw .badEDNS }
            found = try EDNSView(record, in: message)
        }
        // Trailing octets say nothing and are not passed on.
        reply.remove(walk.offset..<message.count)
        guard let found else { return }
        responseCode = ResponseCode(rawValue: UInt16(found.extendedCode) << 4 | responseCode.rawValue)
        if edns != nil, found.optionsLength > 0, found.optionsAreWhole(in: message) {
            replyOptions = message.copy(found.optionsOffset..<found.end)
        }
        guard found.end == walk.offset else { throw .badEDNS }
        reply.remove(found.recordOffset..<found.end)
        reply.header.additionalCount -= 1
    }
}
