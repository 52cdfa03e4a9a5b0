/// An IPv4 or IPv6 address.
///
/// Shape: `bits` holds the address as a number; an IPv4 address fills the low 32 bits. An IPv4-mapped IPv6 address
/// stays an IPv6 address; ``unmapped`` turns it into the IPv4 address.
package struct IPAddress: Hashable, Sendable {
    package enum Family: UInt8, Sendable {
        case v4
        case v6
    }

    package let family: Family
    /// The address as a number, the first octet most significant.
    package let bits: UInt128

    /// Creates an IPv4 address of its four octets, the first most significant.
    package init(v4 word: UInt32) {
        family = .v4
        bits = UInt128(word)
    }

    /// Creates an IPv6 address of its number.
    package init(v6 bits: UInt128) {
        family = .v6
        self.bits = bits
    }

    /// Creates an address of four or sixteen octets; any other number of them gives nil.
    package init?(octets: Span<UInt8>) {
        guard octets.count == 4 || octets.count == 16 else { return nil }
        var bits: UInt128 = 0
        for index in 0..<octets.count { bits = bits << 8 | UInt128(octets[index]) }
        family = octets.count == 4 ? .v4 : .v6
        self.bits = bits
    }

    /// The length in bits: 32 or 128.
    package var bitWidth: Int { family == .v4 ? 32 : 128 }

    /// The four or sixteen octets.
    package var octets: [UInt8] {
        stride(from: bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: bits >> UInt128($0)) }
    }

    /// The IPv4 address inside an IPv4-mapped one (RFC 4291 §2.5.5.2), or the address itself.
    package var unmapped: IPAddress {
        family == .v6 && bits >> 32 == 0xFFFF ? IPAddress(v4: UInt32(truncatingIfNeeded: bits)) : self
    }
}

extension MessageWriter {
    /// Appends the four or sixteen octets of `address`.
    package func append(_ address: IPAddress) {
        let start = address.family == .v4 ? 96 : 0
        for shift in stride(from: 96 - start, through: 0, by: -32) {
            append(UInt32(truncatingIfNeeded: address.bits >> UInt128(shift)))
        }
    }
}
