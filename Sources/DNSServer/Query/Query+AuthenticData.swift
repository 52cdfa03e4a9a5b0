import DNSWire

extension Query {
    /// The octet of the header that has AD, and its bit there (RFC 4035 §3.1.6).
    private static let place = 3
    private static let bit: UInt8 = 0x20

    /// Sets AD in the message, so that the source says whether it has checked the data, whatever the asker wants to know.
    ///
    /// ``header`` keeps what the asker sent. Source: RFC 6840 §5.7.
    package func askForAuthenticData() {
        guard length > Self.place else { return }
        unsafe inbound[Self.place] |= Self.bit
    }

    /// Makes AD in the message what the asker sent.
    package func restoreAuthenticData() {
        guard length > Self.place, !header.flags.authenticData else { return }
        unsafe inbound[Self.place] &= ~Self.bit
    }
}
