package import DNSWire

/// What plugins change of a query: in the message as well, so that those behind them and upstreams get to see the change.
///
/// Nothing turns these changes back: they hold until the query is done, as in CoreDNS. A question that is replaced is another matter
/// (``QuestionReplacer``).
extension Query {
    /// Lowers the payload size that the asker's OPT record offers to `size`; without an OPT record nothing happens.
    ///
    /// The reply is made for the smaller size, and its OPT record repeats it. A size of more than 4,096 octets also lets replies over UDP
    /// be as large.
    package func limitPayloadSize(to size: UInt16) {
        datagramLimit = max(datagramLimit, Int(size))
        guard let view = edns, view.payloadSize > size else { return }
        // The class of the record, behind the root and the type (RFC 6891 §6.1.2).
        overwriteMessage(size, at: view.recordOffset + 3)
        edns?.payloadSize = size
    }

    /// Takes out the options that concern the way between the asker and this server alone, such as its cookie (RFC 7873 §5); a signed query
    /// stays as it is (RFC 8945 §5.5).
    package func dropHopByHopOptions() {
        guard var view = edns, view.optionsLength > 0, header.additionalCount == 1 else { return }
        var span = unsafe MutableSpan(_unsafeStart: inbound, count: length)
        length -= span.removeHopByHopOptions(of: &view)
        edns = view
    }

    /// Changes the header's flags.
    package func setFlags(_ flags: MessageHeader.Flags) {
        header.flags = flags
        overwriteMessage(flags.rawValue, at: 2)
    }

    /// Writes how many additional records the message has.
    func setAdditionalCount(_ count: UInt16) {
        header.additionalCount = count
        overwriteMessage(count, at: 10)
    }

    private func overwriteMessage(_ value: UInt16, at offset: Int) {
        guard offset + 2 <= length else { return }
        unsafe inbound[offset] = UInt8(truncatingIfNeeded: value >> 8)
        unsafe inbound[offset + 1] = UInt8(truncatingIfNeeded: value)
    }
}
