import Basics
import DNSWire

/// The names below `in-addr.arpa` and `ip6.arpa` that stand for addresses.
enum ReverseName {
    private static let v4Zone: [UInt8] = [7] + "in-addr".utf8 + [4] + "arpa".utf8 + [0]
    private static let v6Zone: [UInt8] = [3] + "ip6".utf8 + [4] + "arpa".utf8 + [0]

    /// The address that `name` stands for; nil when it is no whole one.
    ///
    /// Shape: `name` in lower case, uncompressed wire form.
    /// - Source: RFC 1035 §3.5, RFC 3596 §2.5.
    static func address(of name: Span<UInt8>) -> IPAddress? {
        if let end = suffixStart(of: name, under: v4Zone.span) { return v4(name.extracting(0..<end)) }
        if let end = suffixStart(of: name, under: v6Zone.span) { return v6(name.extracting(0..<end)) }
        return nil
    }

    /// Four labels, the last octet first, without leading zeros.
    private static func v4(_ labels: Span<UInt8>) -> IPAddress? {
        var (position, word, count) = (0, UInt32(0), UInt32(0))
        while position < labels.count {
            let length = Int(labels[position])
            guard count < 4, (1...3).contains(length), length == 1 || labels[position + 1] != 0x30 else { return nil }
            var value: UInt32 = 0
            for index in (position + 1)...(position + length) {
                guard (0x30...0x39).contains(labels[index]) else { return nil }
                value = value * 10 + UInt32(labels[index] - 0x30)
            }
            guard value < 256 else { return nil }
            word |= value << (8 * count)
            count += 1
            position += length + 1
        }
        return count == 4 ? IPAddress(ipv4: word) : nil
    }

    /// Thirty-two labels of one hexadecimal digit, the last first.
    private static func v6(_ labels: Span<UInt8>) -> IPAddress? {
        guard labels.count == 64 else { return nil }
        var bits: UInt128 = 0
        for index in stride(from: 62, through: 0, by: -2) {
            guard labels[index] == 1 else { return nil }
            switch labels[index + 1] {
            case let digit where (0x30...0x39).contains(digit): bits = bits << 4 | UInt128(digit - 0x30)
            case let digit where (0x61...0x66).contains(digit): bits = bits << 4 | UInt128(digit - 0x61 + 10)
            default: return nil
            }
        }
        return IPAddress(bits: bits)
    }
}
