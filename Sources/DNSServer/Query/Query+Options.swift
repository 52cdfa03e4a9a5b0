package import DNSWire

/// EDNS options of a query, as upstreams get to see them, and of its reply.
extension Query {
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

    /// Gives the reply's OPT record this option in place of all others with its code; does nothing for an asker without EDNS.
    package func setReplyOption(_ code: EDNSOptionCode, _ data: [UInt8]) {
        mapReplyOptions { $0.code == code ? nil : $0 }
        addReplyOption(code, data)
    }

    /// Has the OPT record of a reply that is made here say DO whatever the asker said; an upstream's reply stays as it is.
    package func setDNSSECOKInReply() {
        if case .here = replyOrigin { replyOrigin = .hereWithDNSSECOK }
    }
}
