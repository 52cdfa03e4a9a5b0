import DNSServer
import DNSWire

/// A line that is being put together in a buffer of its own, which is kept for the next line.
struct LogLine {
    private(set) var bytes: [UInt8] = []

    /// Starts a line.
    mutating func begin() {
        bytes.removeAll(keepingCapacity: true)
        append("[INFO] ")
    }

    /// Ends it.
    mutating func end() {
        bytes.append(0x0A)
    }

    mutating func append(_ text: String) {
        bytes += text.utf8
    }

    /// Appends a value from elsewhere, its control characters escaped so that it cannot break the line; `-` when there is none.
    mutating func append(value: String?) {
        guard let value else { return append("-") }
        for octet in value.utf8 {
            if octet < 0x20 || octet == 0x7F { append(nameOctet: octet) } else { bytes.append(octet) }
        }
    }

    mutating func append(_ text: [UInt8]) {
        bytes += text
    }

    /// Appends `name`, in wire form, as text; what is not printable is escaped (RFC 1035 §5.1), so that no name can break
    /// the line.
    mutating func append(name: Span<UInt8>) {
        var position = 0
        while position < name.count, name[position] != 0 {
            let next = position + 1 + Int(name[position])
            for index in (position + 1)..<min(next, name.count) { append(nameOctet: name[index]) }
            bytes.append(0x2E)
            position = next
        }
        if position == 0 { bytes.append(0x2E) }
    }

    private mutating func append(nameOctet octet: UInt8) {
        switch octet {
        case 0x22, 0x24, 0x28, 0x29, 0x2E, 0x3B, 0x40, 0x5C:
            bytes.append(0x5C)
            bytes.append(octet)
        case 0x21...0x7E:
            bytes.append(octet)
        default:
            bytes.append(0x5C)
            bytes.append(0x30 + octet / 100)
            bytes.append(0x30 + octet / 10 % 10)
            bytes.append(0x30 + octet % 10)
        }
    }

    mutating func append(_ number: UInt64) {
        let start = bytes.count
        var rest = number
        repeat {
            bytes.append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    mutating func append(_ number: Int) {
        append(UInt64(clamping: number))
    }

    /// Appends a duration as seconds with all the digits that it has: `0.003127418s`.
    ///
    /// Units: nanoseconds.
    mutating func append(duration nanoseconds: UInt64) {
        append(nanoseconds / 1_000_000_000)
        var part = nanoseconds % 1_000_000_000
        if part > 0 { bytes.append(0x2E) }
        while part > 0 {
            bytes.append(0x30 + UInt8(truncatingIfNeeded: part / 100_000_000))
            part = part % 100_000_000 * 10
        }
        bytes.append(0x73)
    }

    /// Appends an address, an IPv6 one in brackets.
    mutating func append(host: String) {
        let isIPv6 = host.utf8.contains(0x3A)
        if isIPv6 { bytes.append(0x5B) }
        append(host)
        if isIPv6 { bytes.append(0x5D) }
    }

    /// Appends the names of the flags that are set, with commas between them.
    mutating func append(flags: MessageHeader.Flags) {
        let start = bytes.count
        let names: [(UInt16, StaticString)] = [
            (MessageHeader.Flags.response, "qr,"), (MessageHeader.Flags.authoritative, "aa,"),
            (MessageHeader.Flags.truncated, "tc,"), (MessageHeader.Flags.recursionDesired, "rd,"),
            (MessageHeader.Flags.recursionAvailable, "ra,"), (0x0040, "z,"),
            (MessageHeader.Flags.authenticData, "ad,"), (MessageHeader.Flags.checkingDisabled, "cd,"),
        ]
        for (mask, name) in names where flags.rawValue & mask != 0 { append("\(name)") }
        if bytes.count > start { bytes.removeLast() }
    }
}
