extension IPAddress {
    /// Parses the text form, strictly: no spaces, no zone, no leading zeros in IPv4.
    ///
    /// - Source: RFC 4291 §2.2, RFC 6943 §3.1.1.
    package init?(parsing text: String) {
        let bytes = Array(text.utf8.prefix(Self.longestText + 1))
        guard bytes.count <= Self.longestText else { return nil }
        if bytes.contains(0x3A) {
            guard let bits = Self.parseV6(bytes[...]) else { return nil }
            self.init(v6: bits)
        } else {
            guard let word = Self.parseV4(bytes[...]) else { return nil }
            self.init(v4: word)
        }
    }

    /// The text form: dotted decimal, or the shortest form of IPv6 in lower case (RFC 5952 §4, §5).
    package var text: String {
        switch family {
        case .v4: octets.map { String($0) }.joined(separator: ".")
        case .v6: v6Text
        }
    }

    /// Six groups of four digits and an IPv4 address, with what stands between them.
    private static var longestText: Int { 45 }

    private static func parseV4(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var word: UInt32 = 0
        for part in parts {
            guard part.count <= 3, part.count == 1 || part.first != 0x30, let octet = number(part, radix: 10),
                octet <= 255
            else { return nil }
            word = word << 8 | UInt32(octet)
        }
        return word
    }

    /// Reads at most four digits.
    private static func number(_ digits: ArraySlice<UInt8>, radix: UInt16) -> UInt16? {
        guard (1...4).contains(digits.count) else { return nil }
        var value: UInt16 = 0
        for digit in digits {
            guard let nibble = hexadecimalDigit(digit), UInt16(nibble) < radix else { return nil }
            value = value &* radix &+ UInt16(nibble)
        }
        return value
    }

    private static func hexadecimalDigit(_ character: UInt8) -> UInt8? {
        switch lowercased(character) {
        case 0x30...0x39: character - 0x30
        case 0x61...0x66: lowercased(character) - 0x61 + 10
        default: nil
        }
    }

    private static func parseV6(_ text: ArraySlice<UInt8>) -> UInt128? {
        guard
            let gap = zip(text.indices, text.indices.dropFirst()).first(where: { text[$0] == 0x3A && text[$1] == 0x3A }
            )?.0
        else {
            guard let groups = groups(text), groups.count == 8 else { return nil }
            return join(groups)
        }
        // `::` stands for at least one group.
        guard let head = groups(text[..<gap], allowsV4: false), let tail = groups(text[(gap + 2)...]),
            head.count + tail.count <= 7
        else { return nil }
        return join(head + [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail)
    }

    private static func join(_ groups: [UInt16]) -> UInt128 {
        groups.reduce(0) { $0 << 16 | UInt128($1) }
    }

    /// Groups between single colons; the last one may be an IPv4 address.
    private static func groups(_ text: ArraySlice<UInt8>, allowsV4: Bool = true) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: 0x3A, omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if allowsV4, index == parts.count - 1, part.contains(0x2E) {
                guard let word = parseV4(part) else { return nil }
                groups += [UInt16(word >> 16), UInt16(word & 0xFFFF)]
            } else {
                guard let value = number(part, radix: 16) else { return nil }
                groups.append(value)
            }
        }
        return groups
    }

    private var v6Text: String {
        if bits >> 32 == 0xFFFF { return "::ffff:" + unmapped.text }
        let groups = stride(from: 112, through: 0, by: -16).map { UInt16(truncatingIfNeeded: bits >> UInt128($0)) }
        let digits = groups.map { String($0, radix: 16) }
        let gap = Self.longestZeroRun(groups)
        guard gap.count > 1 else { return digits.joined(separator: ":") }
        return digits[..<gap.lowerBound].joined(separator: ":") + "::"
            + digits[gap.upperBound...].joined(separator: ":")
    }

    /// The first of the longest runs of zero groups.
    private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int> {
        var longest = 0..<0
        var start = 0
        for (index, group) in groups.enumerated() {
            if group != 0 {
                start = index + 1
            } else if index + 1 - start > longest.count {
                longest = start..<(index + 1)
            }
        }
        return longest
    }
}

extension IPAddress: CustomStringConvertible {
    package var description: String { text }
}
