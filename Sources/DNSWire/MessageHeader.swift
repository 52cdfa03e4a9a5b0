/// The twelve octets that every message starts with.
///
///       0  1  2  3  4  5  6  7  8  9  0  1  2  3  4  5
///     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
///     |                      ID                       |
///     |QR|   opcode  |AA|TC|RD|RA| Z|AD|CD|   rcode   |
///     |            QDCOUNT  question                  |
///     |            ANCOUNT  answer                    |
///     |            NSCOUNT  authority                 |
///     |            ARCOUNT  additional                |
///     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
///
/// Source: RFC 1035 §4.1.1; AD and CD from RFC 4035 §3.
@usableFromInline
package struct MessageHeader: Equatable, Sendable {
    /// The header's length in octets.
    @inlinable package static var length: Int { 12 }

    @usableFromInline
    package var id: UInt16
    @usableFromInline
    package var flags: Flags
    @usableFromInline
    package var questionCount: UInt16
    @usableFromInline
    package var answerCount: UInt16
    @usableFromInline
    package var authorityCount: UInt16
    @usableFromInline
    package var additionalCount: UInt16

    @inlinable
    package init(
        id: UInt16, flags: Flags, questionCount: UInt16 = 0, answerCount: UInt16 = 0, authorityCount: UInt16 = 0,
        additionalCount: UInt16 = 0
    ) {
        self.id = id
        self.flags = flags
        self.questionCount = questionCount
        self.answerCount = answerCount
        self.authorityCount = authorityCount
        self.additionalCount = additionalCount
    }

    /// Reads the header of `message`, or gives nil when there are fewer than twelve octets.
    @inlinable
    package init?(decoding message: Span<UInt8>) {
        guard message.count >= Self.length else { return nil }
        // Read as two words: each query has its header read a few times.
        let (first, last) = (message.uint64(at: 0), message.uint32(at: 8))
        self.init(
            id: UInt16(truncatingIfNeeded: first >> 48),
            flags: Flags(rawValue: UInt16(truncatingIfNeeded: first >> 32)),
            questionCount: UInt16(truncatingIfNeeded: first >> 16), answerCount: UInt16(truncatingIfNeeded: first),
            authorityCount: UInt16(truncatingIfNeeded: last >> 16), additionalCount: UInt16(truncatingIfNeeded: last))
    }

    /// The second pair of octets: one-bit flags, the opcode and the low bits of the response code.
    @usableFromInline
    package struct Flags: RawRepresentable, Hashable, Sendable {
        @usableFromInline
        package var rawValue: UInt16

        @inlinable
        package init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        @inlinable package static var response: UInt16 { 0x8000 }
        @inlinable package static var authoritative: UInt16 { 0x0400 }
        @inlinable package static var truncated: UInt16 { 0x0200 }
        @inlinable package static var recursionDesired: UInt16 { 0x0100 }
        @inlinable package static var recursionAvailable: UInt16 { 0x0080 }
        @inlinable package static var authenticData: UInt16 { 0x0020 }
        @inlinable package static var checkingDisabled: UInt16 { 0x0010 }

        @inlinable
        subscript(_ mask: UInt16) -> Bool {
            get { rawValue & mask != 0 }
            set { rawValue = newValue ? rawValue | mask : rawValue & ~mask }
        }

        /// QR: this is a reply.
        @inlinable package var isResponse: Bool {
            get { self[Self.response] }
            set { self[Self.response] = newValue }
        }
        /// AA: the reply comes from an authority for the name.
        @inlinable package var isAuthoritative: Bool {
            get { self[Self.authoritative] }
            set { self[Self.authoritative] = newValue }
        }
        /// TC: records were left out for want of room.
        @inlinable package var isTruncated: Bool {
            get { self[Self.truncated] }
            set { self[Self.truncated] = newValue }
        }
        /// RD: the asker wants recursion.
        @inlinable package var recursionDesired: Bool {
            get { self[Self.recursionDesired] }
            set { self[Self.recursionDesired] = newValue }
        }
        /// RA: the server offers recursion.
        @inlinable package var recursionAvailable: Bool {
            get { self[Self.recursionAvailable] }
            set { self[Self.recursionAvailable] = newValue }
        }
        /// AD: all data in the reply was validated.
        @inlinable package var authenticData: Bool {
            get { self[Self.authenticData] }
            set { self[Self.authenticData] = newValue }
        }
        /// CD: the asker does its own validation.
        @inlinable package var checkingDisabled: Bool {
            get { self[Self.checkingDisabled] }
            set { self[Self.checkingDisabled] = newValue }
        }
        @inlinable package var opcode: Opcode {
            get { Opcode(rawValue: UInt8(truncatingIfNeeded: rawValue >> 11)) }
            set { rawValue = rawValue & 0x87FF | UInt16(newValue.rawValue) << 11 }
        }
        /// The low four bits of the response code; the rest is in the OPT record.
        @inlinable package var responseCode: UInt8 {
            get { UInt8(truncatingIfNeeded: rawValue & 0xF) }
            set { rawValue = rawValue & 0xFFF0 | UInt16(newValue & 0xF) }
        }
    }
}
