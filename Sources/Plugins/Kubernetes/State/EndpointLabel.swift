import Basics
import DNSWire
import KubernetesClient

/// The label that names an endpoint below its service.
enum EndpointLabel {
    /// The label for an address that has no name of its own: its text with dashes, `10-0-0-1` or `2001-db8--0`.
    ///
    /// A text that would end in a dash gets a zero. Shape: length octet and text, appended to `wire`.
    static func append(_ address: IPAddress, to wire: inout ContiguousArray<UInt8>) {
        let start = wire.count
        wire.append(0)
        if address.isIPv4 {
            for index in 12..<16 {
                if index > 12 { wire.append(UInt8(ascii: "-")) }
                append(decimal: address.byte(at: index), to: &wire)
            }
        } else {
            for octet in address.description.utf8 {
                wire.append(octet == UInt8(ascii: ":") || octet == UInt8(ascii: ".") ? UInt8(ascii: "-") : octet)
            }
            if wire.last == UInt8(ascii: "-") { wire.append(UInt8(ascii: "0")) }
        }
        wire[start] = UInt8(truncatingIfNeeded: wire.count - start - 1)
    }

    private static func append(decimal value: UInt8, to wire: inout ContiguousArray<UInt8>) {
        if value >= 100 { wire.append(UInt8(ascii: "0") + value / 100) }
        if value >= 10 { wire.append(UInt8(ascii: "0") + value / 10 % 10) }
        wire.append(UInt8(ascii: "0") + value % 10)
    }

    /// The address that the label at `start` of `name` spells with dashes; nil when it spells none.
    ///
    /// Exactly three dashes that do not touch make it an IPv4 address, else dashes stand for colons.
    static func address(_ name: Span<UInt8>, at start: Int) -> IPAddress? {
        let end = start &+ 1 &+ Int(name[start])
        var dashes = 0
        var hasDouble = false
        for index in start &+ 1..<end where name[index] == UInt8(ascii: "-") {
            dashes &+= 1
            if index &+ 1 < end, name[index &+ 1] == UInt8(ascii: "-") { hasDouble = true }
        }
        if dashes == 3, !hasDouble { return ipv4(name, start &+ 1..<end) }
        // A dot within a label is no separator of anything.
        for index in start &+ 1..<end where name[index] == UInt8(ascii: ".") { return nil }
        let text = unsafe String(unsafeUninitializedCapacity: 63) { buffer in
            for index in start &+ 1..<end {
                unsafe buffer[index &- start &- 1] = name[index] == UInt8(ascii: "-") ? UInt8(ascii: ":") : name[index]
            }
            return end &- start &- 1
        }
        return IPAddress(text)
    }

    /// Reads four decimal numbers without leading zeros, with dashes between them.
    private static func ipv4(_ name: Span<UInt8>, _ range: Range<Int>) -> IPAddress? {
        var word: UInt32 = 0
        var value: UInt32 = 0
        var digits = 0
        var parts = 1
        for index in range {
            let octet = name[index]
            if octet == UInt8(ascii: "-") {
                guard digits > 0, parts < 4 else { return nil }
                word = word << 8 | value
                parts &+= 1
                value = 0
                digits = 0
            } else {
                guard octet &- UInt8(ascii: "0") < 10, digits == 0 || value > 0 else { return nil }
                value = value &* 10 &+ UInt32(octet &- UInt8(ascii: "0"))
                digits &+= 1
                guard value < 256 else { return nil }
            }
        }
        guard digits > 0, parts == 4 else { return nil }
        return IPAddress(ipv4: word << 8 | value)
    }
}
