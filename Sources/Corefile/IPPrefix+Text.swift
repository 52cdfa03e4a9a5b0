extension IPPrefix: CustomStringConvertible {
    /// `10.0.0.0/8`, `2001:db8::/32`.
    package var description: String { "\(address)/\(length)" }

    /// The address alone.
    ///
    /// *Source:* RFC 5952 §4.
    package var address: String {
        isIPv4 ? octets.map { String($0) }.joined(separator: ".") : addressIPv6
    }

    /// The bytes of the address, 4 or 16.
    package var octets: [UInt8] {
        stride(from: width - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: bits >> $0) }
    }

    private var addressIPv6: String {
        let groups = stride(from: 112, through: 0, by: -16).map { UInt16(truncatingIfNeeded: bits >> $0) }
        guard let gap = Self.longestZeros(groups) else { return Self.joined(groups[...]) }
        return Self.joined(groups[..<gap.lowerBound]) + "::" + Self.joined(groups[gap.upperBound...])
    }

    private static func joined(_ groups: ArraySlice<UInt16>) -> String {
        groups.map { String($0, radix: 16) }.joined(separator: ":")
    }

    private static func longestZeros(_ groups: [UInt16]) -> Range<Int>? {
        var best: Range<Int>?
        var start = 0
        while start < groups.count {
            var end = start
            while end < groups.count, groups[end] == 0 { end += 1 }
            if end - start >= 2, end - start > best?.count ?? 0 { best = start..<end }
            start = max(end, start + 1)
        }
        return best
    }
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
            let address = bits | UInt128(offset) << (width - labels * labelBits)
            return Self.reverseName(address, labels: labels, labelBits: labelBits, width: width)
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
