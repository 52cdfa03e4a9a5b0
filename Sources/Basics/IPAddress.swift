/// An IPv4 or IPv6 address in sixteen bytes.
///
/// Shape: an IPv4 address is kept as its mapped form `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2), so a mapped address that was
/// written as IPv6 is the IPv4 address. Only AAAA records, whose data has sixteen octets whatever they say, print it otherwise
/// (``ipv6Text``).
package struct IPAddress: Sendable, Hashable, Comparable {
    /// The first eight bytes, most significant first.
    package let high: UInt64
    /// The last eight bytes, most significant first.
    package let low: UInt64

    /// Creates an address of its two halves.
    @inlinable
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Creates an address of its sixteen bytes as a number.
    @inlinable
    package init(bits: UInt128) {
        self.init(high: UInt64(truncatingIfNeeded: bits >> 64), low: UInt64(truncatingIfNeeded: bits))
    }

    /// Creates an IPv4 address of its four bytes, most significant first.
    @inlinable
    package init(ipv4: UInt32) {
        self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(ipv4))
    }

    /// Creates an address of four or sixteen octets; any other number of them gives nil.
    package init?(octets: Span<UInt8>) {
        guard octets.count == 4 || octets.count == 16 else { return nil }
        var bits: UInt128 = octets.count == 4 ? 0xFFFF : 0
        for index in 0..<octets.count { bits = bits << 8 | UInt128(octets[index]) }
        self.init(bits: bits)
    }

    /// The sixteen bytes as a number, most significant first.
    @inlinable
    package var bits: UInt128 { UInt128(high) << 64 | UInt128(low) }

    /// Whether the address is one of IPv4.
    @inlinable
    package var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// The four bytes of an IPv4 address, most significant first.
    @inlinable
    package var ipv4: UInt32? { isIPv4 ? UInt32(truncatingIfNeeded: low) : nil }

    /// The byte at a place of the sixteen.
    ///
    /// - Precondition: `index` is 0 to 15.
    @inlinable
    package func byte(at index: Int) -> UInt8 {
        precondition(index >= 0 && index < 16, "an address has sixteen bytes")
        return UInt8(truncatingIfNeeded: (index < 8 ? high : low) >> UInt64(56 - 8 * (index & 7)))
    }

    /// The four octets of an IPv4 address, the sixteen of another.
    package var octets: [UInt8] { (isIPv4 ? 12..<16 : 0..<16).map { byte(at: $0) } }

    @inlinable
    package static func < (left: IPAddress, right: IPAddress) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension IPAddress: CustomStringConvertible {
    /// The address in its canonical form, a mapped one as the IPv4 address.
    ///
    /// Source: RFC 5952 §4.
    package var description: String { isIPv4 ? ipv4Text : ipv6Text }

    private var ipv4Text: String { (12..<16).map { String(byte(at: $0)) }.joined(separator: ".") }

    /// The sixteen bytes as an IPv6 address in its canonical form; an IPv4 address stands behind `::ffff:`.
    ///
    /// Source: RFC 5952 §4, §5.
    package var ipv6Text: String {
        if isIPv4 { return "::ffff:" + ipv4Text }
        let groups = (0..<8).map { UInt16(byte(at: 2 * $0)) << 8 | UInt16(byte(at: 2 * $0 + 1)) }
        let words = groups.map { String($0, radix: 16) }
        guard let zeros = Self.longestRunOfZeros(groups) else { return words.joined(separator: ":") }
        return words[..<zeros.lowerBound].joined(separator: ":") + "::"
            + words[zeros.upperBound...].joined(separator: ":")
    }

    /// The first longest run of at least two zero groups, which `::` stands for.
    ///
    /// Source: RFC 5952 §4.2.
    private static func longestRunOfZeros(_ groups: [UInt16]) -> Range<Int>? {
        var best: Range<Int>?
        var start = 0
        while start < groups.count {
            let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
            if end - start >= 2, end - start > best?.count ?? 0 { best = start..<end }
            start = end + 1
        }
        return best
    }
}
