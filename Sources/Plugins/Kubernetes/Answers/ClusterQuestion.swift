import Basics
import DNSWire
import KubernetesClient

/// A name in one of the zones, cut into labels, and the type that is asked for.
///
/// Shape: `name` is the whole name in lower-case wire form, `asked` the same in the asker's case. Of the labels in front of the zone
/// the eight next to it can be looked at; only topology zones have more, and are compared as a whole.
struct ClusterQuestion: ~Escapable {
    let name: Span<UInt8>
    let asked: Span<UInt8>
    /// Where the zone starts.
    let zoneStart: Int
    let isInReverseZone: Bool
    /// Whether the zone is one of services of several clusters (`multicluster`).
    let isInMulticlusterZone: Bool
    let type: RecordType
    /// How many labels stand in front of the zone.
    let labelCount: Int
    /// Where the last eight of them start, by their number from the left modulo 8.
    private let starts: InlineArray<8, UInt8>

    @_lifetime(copy name, copy asked)
    init(
        name: Span<UInt8>, asked: Span<UInt8>, zoneStart: Int, isInReverseZone: Bool,
        isInMulticlusterZone: Bool = false,
        type: RecordType
    ) {
        self.name = name
        self.asked = asked
        self.zoneStart = zoneStart
        self.isInReverseZone = isInReverseZone
        self.isInMulticlusterZone = isInMulticlusterZone
        self.type = type
        var starts = InlineArray<8, UInt8>(repeating: 0)
        var count = 0
        var position = 0
        while position < zoneStart {
            starts[count & 7] = UInt8(truncatingIfNeeded: position)
            position &+= Int(name[position]) &+ 1
            count &+= 1
        }
        self.starts = starts
        labelCount = count
    }

    /// Where the label stands that is the `number`th from the zone, counted from 0, up to 7.
    func label(fromZone number: Int) -> Int { Int(starts[(labelCount &- 1 &- number) & 7]) }

    /// Where the label that is the `number`th from the zone ends.
    func end(fromZone number: Int) -> Int {
        number == 0 ? zoneStart : label(fromZone: number &- 1)
    }

    /// Whether the label that is the `number`th from the zone is `text`.
    func hasLabel(_ text: StaticString, fromZone number: Int) -> Bool {
        let start = label(fromZone: number)
        guard Int(name[start]) == text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount {
            guard unsafe name[start &+ 1 &+ index] == text.utf8Start[index] else { return false }
        }
        return true
    }

    /// Whether the name is the zone's own.
    var isApex: Bool { labelCount == 0 }
    /// Whether the name is `ns.dns` in the zone: that of this server.
    var isNameServer: Bool { labelCount == 2 && hasLabel("dns", fromZone: 0) && hasLabel("ns", fromZone: 1) }
    /// Whether the name is `dns-version` in the zone.
    var isVersion: Bool { labelCount == 1 && hasLabel("dns-version", fromZone: 0) }

    /// The address that the name spells under `in-addr.arpa` or `ip6.arpa`; nil when it spells none.
    ///
    /// Source: RFC 1035 §3.5, RFC 3596 §2.5.
    var reverseAddress: IPAddress? {
        if ends(with: "\u{7}in-addr\u{4}arpa\u{0}") { return reverseIPv4(end: name.count &- 14) }
        if ends(with: "\u{3}ip6\u{4}arpa\u{0}") { return reverseIPv6(end: name.count &- 10) }
        return nil
    }

    private func ends(with suffix: StaticString) -> Bool {
        let start = name.count &- suffix.utf8CodeUnitCount
        guard start > 0 else { return false }
        for index in 0..<suffix.utf8CodeUnitCount {
            guard unsafe name[start &+ index] == suffix.utf8Start[index] else { return false }
        }
        return true
    }

    /// Four labels, the last octet first.
    private func reverseIPv4(end: Int) -> IPAddress? {
        var word: UInt32 = 0
        var position = 0
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            guard position < end else { return nil }
            let next = position &+ 1 &+ Int(name[position])
            guard let octet = decimal(position &+ 1..<next) else { return nil }
            word |= octet << shift
            position = next
        }
        return position == end ? IPAddress(ipv4: word) : nil
    }

    private func decimal(_ range: Range<Int>) -> UInt32? {
        guard (1...3).contains(range.count), range.count == 1 || name[range.lowerBound] != UInt8(ascii: "0") else {
            return nil
        }
        var value: UInt32 = 0
        for index in range {
            guard name[index] &- UInt8(ascii: "0") < 10 else { return nil }
            value = value &* 10 &+ UInt32(name[index] &- UInt8(ascii: "0"))
        }
        return value < 256 ? value : nil
    }

    /// Thirty-two labels of one hexadecimal digit, the last digit first.
    private func reverseIPv6(end: Int) -> IPAddress? {
        guard end == 64 else { return nil }
        var low: UInt64 = 0
        var high: UInt64 = 0
        for number in 0..<32 {
            guard name[2 &* number] == 1, let digit = hexadecimal(name[2 &* number &+ 1]) else { return nil }
            if number < 16 {
                low |= digit << UInt64(4 &* number)
            } else {
                high |= digit << UInt64(4 &* (number &- 16))
            }
        }
        return IPAddress(high: high, low: low)
    }

    private func hexadecimal(_ octet: UInt8) -> UInt64? {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(octet &- UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(octet &- UInt8(ascii: "a") &+ 10)
        default: nil
        }
    }
}
