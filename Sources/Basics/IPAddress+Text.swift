extension IPAddress {
    /// Reads the text form of an address, strictly.
    ///
    /// Leading zeros in IPv4, zones (`%eth0`) and spaces make it no address. Source: RFC 4291 §2.2, RFC 6943 §3.1.1.
    package init?(_ text: some StringProtocol) {
        if let word = Self.ipv4Word(text.utf8) {
            self.init(ipv4: word)
            return
        }
        let bytes = Array(text.utf8.prefix(Self.longestText + 1))
        guard bytes.count <= Self.longestText, bytes.contains(UInt8(ascii: ":")),
            let groups = Self.ipv6Groups(bytes[...])
        else { return nil }
        self.init(high: Self.join(groups[..<4]), low: Self.join(groups[4...]))
    }

    /// Reads the text form of an IPv4 address, as strictly.
    package init?(ipv4Text text: some Sequence<UInt8>) {
        guard let word = Self.ipv4Word(text) else { return nil }
        self.init(ipv4: word)
    }

    /// Six groups of four digits and an IPv4 address, with their separators.
    private static var longestText: Int { 45 }

    private static func join(_ groups: ArraySlice<UInt16>) -> UInt64 {
        groups.reduce(0) { $0 << 16 | UInt64($1) }
    }

    /// Four numbers up to 255 without leading zeros, with dots between them; the text is read once, and nothing is allocated for it.
    private static func ipv4Word(_ text: some Sequence<UInt8>) -> UInt32? {
        var (word, value, digits, dots): (UInt32, UInt32, Int, Int) = (0, 0, 0, 0)
        for octet in text {
            switch octet {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                guard digits == 0 || value > 0 else { return nil }
                value = value * 10 + UInt32(octet - UInt8(ascii: "0"))
                digits += 1
                guard value <= 255 else { return nil }
            case UInt8(ascii: "."):
                guard digits > 0, dots < 3 else { return nil }
                (word, value, digits, dots) = (word << 8 | value, 0, 0, dots + 1)
            default: return nil
            }
        }
        return digits > 0 && dots == 3 ? word << 8 | value : nil
    }

    /// The eight groups of an IPv6 address.
    private static func ipv6Groups(_ text: ArraySlice<UInt8>) -> [UInt16]? {
        guard let gap = doubleColon(in: text) else {
            guard let groups = groupList(text), groups.count == 8 else { return nil }
            return groups
        }
        guard let head = groupList(text[..<gap], allowsIPv4: false), let tail = groupList(text[(gap + 2)...]) else {
            return nil
        }
        // `::` stands for at least one group.
        guard head.count + tail.count <= 7 else { return nil }
        return head + [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail
    }

    private static func doubleColon(in text: ArraySlice<UInt8>) -> Int? {
        zip(text.indices, text.indices.dropFirst())
            .first { text[$0] == UInt8(ascii: ":") && text[$1] == UInt8(ascii: ":") }?.0
    }

    /// Groups between single colons; the last one may be an IPv4 address.
    private static func groupList(_ text: ArraySlice<UInt8>, allowsIPv4: Bool = true) -> [UInt16]? {
        if text.isEmpty { return [] }
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if allowsIPv4, index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard let word = ipv4Word(part) else { return nil }
                groups += [UInt16(word >> 16), UInt16(word & 0xFFFF)]
            } else {
                guard let value = group(part) else { return nil }
                groups.append(value)
            }
        }
        return groups
    }

    private static func group(_ digits: ArraySlice<UInt8>) -> UInt16? {
        guard (1...4).contains(digits.count) else { return nil }
        var value: UInt16 = 0
        for digit in digits {
            guard let nibble = hexadecimalValue(digit) else { return nil }
            value = value << 4 | UInt16(nibble)
        }
        return value
    }

    private static func hexadecimalValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
