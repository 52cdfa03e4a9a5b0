package import DNSWire

extension Query {
    /// Gives the reply's OPT record this option in place of all others with its code; does nothing for an asker without EDNS.
    package func setReplyOption(_ code: EDNSOptionCode, _ data: [UInt8]) {
        if !replyOptions.isEmpty { removeReplyOptions(code) }
        addReplyOption(code, data)
    }

    private func removeReplyOptions(_ code: EDNSOptionCode) {
        var (kept, offset) = ([UInt8](), 0)
        while offset + 4 <= replyOptions.count {
            let span = replyOptions.span
            let end = min(offset + 4 + Int(span.uint16(at: offset + 2)), span.count)
            if span.uint16(at: offset) != code.rawValue { kept += replyOptions[offset..<end] }
            offset = end
        }
        replyOptions = kept
    }

    /// Has the OPT record of a reply that is made here say DO whatever the asker said; an upstream's reply stays as it is.
    package func setDNSSECOKInReply() {
        if case .here = replyOrigin { replyOrigin = .hereWithDNSSECOK }
    }
}
