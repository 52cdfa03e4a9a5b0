import DNSWire

extension FuzzBody {
    /// The first octet is where a name starts in the rest; the rest is also taken as the text of a name.
    package static let name = FuzzBody(name: "FuzzName") { octets in
        guard let first = octets.first else { return nil }
        let rest = Array(octets.dropFirst())
        return checkWire(rest, at: Int(first)) ?? checkText(String(decoding: rest, as: UTF8.self)) ?? checkWriter(rest)
    }

    private static func checkWire(_ octets: [UInt8], at offset: Int) -> String? {
        let skipped = try? skipName(in: octets.span, at: offset)
        guard let name = try? Name(decoding: octets.span, at: offset) else { return nil }
        guard let skipped, skipped > offset, skipped <= octets.count else { return "decoded, but not skipped" }
        guard name.wire.count <= 255, name.labelCount <= 127 else { return "too long" }
        guard let again = try? Name(parsing: name.text), again.wire == name.wire else { return "text \(name.text)" }
        let lower = name.lowercased
        guard lower == name, NameHash.hash(lower.wire.span) == NameHash.hash(name.wire.span) else {
            return "case changes \(name.text)"
        }
        return nil
    }

    private static func checkText(_ text: String) -> String? {
        guard let name = try? Name(parsing: text) else { return nil }
        guard let decoded = try? Name(decoding: name.wire.span), decoded.wire == name.wire else {
            return "parsed into no name: \(name.wire)"
        }
        guard let again = try? Name(parsing: name.text), again.wire == name.wire else { return "text \(name.text)" }
        return nil
    }

    /// Writes all names that stand one after the other into a message, with compression, and reads them again.
    private static func checkWriter(_ octets: [UInt8]) -> String? {
        let names = names(in: octets)
        let writer = MessageWriter()
        writer.begin(id: 0, flags: .init(rawValue: 0))
        for name in names {
            writer.append(name: name.wire.span)
        }
        let message = writer.bytes.copy()
        var offset = MessageHeader.length
        for name in names {
            guard let read = try? Name(decoding: message.span, at: offset), read == name else {
                return "compressed wrongly: \(name.text)"
            }
            guard let next = try? skipName(in: message.span, at: offset) else { return "not skipped" }
            offset = next
        }
        return offset == message.count ? nil : "octets left over"
    }

    private static func names(in octets: [UInt8]) -> [Name] {
        var names: [Name] = []
        var offset = 0
        // So few names of 255 octets stay below the longest message.
        while names.count < 200, let next = try? skipName(in: octets.span, at: offset) {
            if let name = try? Name(decoding: octets.span, at: offset) { names.append(name) }
            offset = next
        }
        return names
    }
}
