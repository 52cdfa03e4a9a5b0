/// An IP address with a prefix length: `10.0.0.0/8`, or one address as the prefix of full length.
package struct IPPrefix: Sendable, Hashable {
    /// Whether this is IPv4; otherwise it is IPv6.
    package let isIPv4: Bool
    /// The address as a number, most significant byte first; IPv4 in the low 32 bits.
    ///
    /// Bits past the length are zero.
    package let bits: UInt128
    /// The length of the prefix in bits: 0...32 or 0...128.
    package let length: Int

    /// The bits of an address of this family: 32 or 128.
    package var width: Int { isIPv4 ? 32 : 128 }

    /// Makes a prefix; bits past the length are cleared, and the length is brought into its bounds.
    package init(isIPv4: Bool, bits: UInt128, length: Int) {
        let width = isIPv4 ? 32 : 128
        let length = min(max(length, 0), width)
        self.isIPv4 = isIPv4
        self.length = length
        let host = UInt128.max >> (128 - (width - length))
        self.bits = bits & (UInt128.max >> (128 - width)) & ~host
    }

    /// Reads `ADDRESS/LENGTH`; bits past the length are cleared.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPPrefix(address: String(text.utf8.prefix(parts[0].count)) ?? "") else {
            return nil
        }
        guard !parts[1].isEmpty, parts[1].count <= 3, parts[1].allSatisfy({ (0x30...0x39).contains($0) }),
            let length = Int(String(decoding: parts[1], as: UTF8.self)), length <= address.width
        else { return nil }
        self.init(isIPv4: address.isIPv4, bits: address.bits, length: length)
    }

    /// Reads one address, IPv4 or IPv6, without a zone index; the prefix has full length.
    package init?(address text: String) {
        let bytes = Array(text.utf8)
        if bytes.contains(UInt8(ascii: ":")) {
            guard let bits = Self.parseIPv6(bytes[...]) else { return nil }
            self.init(isIPv4: false, bits: bits, length: 128)
        } else {
            guard let bits = Self.parseIPv4(bytes[...]) else { return nil }
            self.init(isIPv4: true, bits: UInt128(bits), length: 32)
        }
    }

    /// Whether the other prefix, or address, lies within this one.
    package func contains(_ other: IPPrefix) -> Bool {
        isIPv4 == other.isIPv4 && other.length >= length
            && IPPrefix(isIPv4: isIPv4, bits: other.bits, length: length).bits == bits
    }

    private static func parseIPv4(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var result: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
            var value: UInt32 = 0
            for byte in part {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + UInt32(byte - 0x30)
            }
            guard value <= 255 else { return nil }
            result = result << 8 | value
        }
        return result
    }

    private static func parseIPv6(_ text: ArraySlice<UInt8>) -> UInt128? {
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard (3...9).contains(parts.count) else { return nil }
        guard let gap = parts.indices.first(where: { parts[$0].isEmpty }) else {
            return join(parts[...], [], gap: false)
        }
        // "::" gives one empty part in the middle, two at either end, three alone. One colon at an end is a mistake.
        guard gap < parts.count - 1 else { return nil }
        var right = parts[(gap + 1)...]
        if gap == 0 {
            guard right.first?.isEmpty == true else { return nil }
            right = right.dropFirst()
        }
        if right.count == 1, right.first?.isEmpty == true { right = [] }
        return join(parts[..<gap], right, gap: true)
    }

    private static func join(
        _ left: ArraySlice<ArraySlice<UInt8>>, _ right: ArraySlice<ArraySlice<UInt8>>, gap: Bool
    ) -> UInt128? {
        guard let head = groups(left, mayEndInIPv4: right.isEmpty && !gap),
            let tail = groups(right, mayEndInIPv4: true)
        else { return nil }
        let count = head.count + tail.count
        guard gap ? count <= 7 : count == 8 else { return nil }
        var result: UInt128 = 0
        for group in head { result = result << 16 | UInt128(group) }
        result <<= 16 * (8 - head.count)
        var low: UInt128 = 0
        for group in tail { low = low << 16 | UInt128(group) }
        return result | low
    }

    private static func groups(_ parts: ArraySlice<ArraySlice<UInt8>>, mayEndInIPv4: Bool) -> [UInt16]? {
        var result: [UInt16] = []
        for (offset, part) in parts.enumerated() {
            if part.contains(UInt8(ascii: ".")) {
                guard mayEndInIPv4, offset == parts.count - 1, let address = parseIPv4(part) else { return nil }
                result += [UInt16(truncatingIfNeeded: address >> 16), UInt16(truncatingIfNeeded: address)]
            } else {
                guard part.count <= 4, part.first != UInt8(ascii: "+"), part.first != UInt8(ascii: "-"),
                    let group = UInt16(String(decoding: part, as: UTF8.self), radix: 16)
                else { return nil }
                result.append(group)
            }
        }
        return result
    }
}
