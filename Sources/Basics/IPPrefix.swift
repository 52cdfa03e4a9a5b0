/// An IP address with a prefix length: `10.0.0.0/8`, or one address as the prefix of full length.
package struct IPPrefix: Sendable, Hashable {
    /// The first address; bits past the length are zero.
    package let address: IPAddress
    /// The length of the prefix in bits: 0...32 or 0...128.
    package let length: Int

    /// Makes a prefix; bits past the length are cleared, and the length is brought into its bounds.
    ///
    /// A prefix of mapped addresses is one of IPv4, as each of its addresses is.
    /// - Parameter length: the bits of the address's family; that family's width when it is left out.
    package init(_ address: IPAddress, length: Int? = nil) {
        let skipped = address.isIPv4 ? 96 : 0
        let length = min(max(length ?? 128, 0), 128 - skipped)
        self.address = IPAddress(bits: address.bits & Self.mask(skipped + length))
        self.length = length
    }

    /// Reads `ADDRESS/LENGTH`; bits past the length are cleared.
    package init?(_ text: String) {
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else { return nil }
        let digits = text.utf8[text.utf8.index(after: slash)...]
        guard let address = IPAddress(text[..<slash]), (1...3).contains(digits.count),
            digits.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(String(decoding: digits, as: UTF8.self))
        else { return nil }
        // The length is that of what is written: a mapped address has 128 bits.
        let isWrittenAsIPv4 = !text[..<slash].utf8.contains(UInt8(ascii: ":"))
        guard length <= (isWrittenAsIPv4 ? 32 : 128) else { return nil }
        if address.isIPv4, !isWrittenAsIPv4 {
            let isIPv4 = length >= 96
            self.init(
                isIPv4 ? address : IPAddress(bits: address.bits & Self.mask(length)),
                length: isIPv4 ? length - 96 : length)
        } else {
            self.init(address, length: length)
        }
    }

    /// Whether this is IPv4; otherwise it is IPv6.
    package var isIPv4: Bool { address.isIPv4 }

    /// The bits of an address of this family: 32 or 128.
    package var width: Int { isIPv4 ? 32 : 128 }

    /// The length in the sixteen bytes of an address: 96 more for IPv4.
    var mappedLength: Int { isIPv4 ? 96 + length : length }

    /// Whether the other prefix lies within this one.
    package func contains(_ other: IPPrefix) -> Bool {
        other.length >= length && contains(other.address)
    }

    /// Whether the address lies within the prefix; those of the other family never do.
    package func contains(_ address: IPAddress) -> Bool {
        isIPv4 == address.isIPv4 && (self.address.bits ^ address.bits) & Self.mask(mappedLength) == 0
    }

    /// The first `length` of 128 bits.
    private static func mask(_ length: Int) -> UInt128 {
        length == 0 ? 0 : UInt128.max << (128 - length)
    }
}

extension IPPrefix: CustomStringConvertible {
    /// `10.0.0.0/8`, `2001:db8::/32`.
    package var description: String { "\(address)/\(length)" }
}

extension IPPrefix {
    /// The reverse zones that make up this prefix, lowest address first.
    ///
    /// One zone when the length falls on a label (8 bits of IPv4, 4 of IPv6), else the zones of the next label: at most
    /// 128. *Source:* RFC 1035 §3.5, RFC 3596 §2.5.
    package var reverseZones: [String] {
        let labelBits = isIPv4 ? 8 : 4
        let labels = (length + labelBits - 1) / labelBits
        let count = 1 << (labels * labelBits - length)
        return (0..<count).map { offset in
            let place = UInt128(offset) << (width - labels * labelBits)
            return Self.reverseName(address.bits | place, labels: labels, labelBits: labelBits, width: width)
        }
    }

    private static func reverseName(_ address: UInt128, labels: Int, labelBits: Int, width: Int) -> String {
        var name = ""
        for label in (0..<labels).reversed() {
            let shifted = address >> (width - (label + 1) * labelBits)
            let value = shifted & (1 << labelBits - 1)
            name += String(value, radix: width == 32 ? 10 : 16) + "."
        }
        return name + (width == 32 ? "in-addr.arpa." : "ip6.arpa.")
    }
}
