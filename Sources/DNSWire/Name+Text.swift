/// What is wrong with a name in text form.
@usableFromInline
package enum NameTextError: Error, Equatable, Sendable {
    /// Two dots follow each other, or the name starts with one.
    case emptyLabel
    /// A label is longer than 63 octets.
    case labelTooLong
    /// The name is longer than 255 octets in wire form.
    case nameTooLong
    /// A backslash is not followed by three digits up to 255 or by a character.
    case badEscape
}

extension Name {
    /// Parses the text form; the final dot may be left out, `\DDD` and `\X` are understood, `.` and the empty text are
    /// the root.
    ///
    /// - Throws: what is wrong with the text.
    /// - Source: RFC 1035 §5.1.
    package init(parsing text: String) throws(NameTextError) {
        var wire: [UInt8] = []
        var label: [UInt8] = []
        let bytes = Array(text.utf8)
        var index = 0
        if bytes != [0x2E] {
            while index < bytes.count {
                switch bytes[index] {
                case 0x2E:
                    try Self.close(&label, into: &wire)
                    index += 1
                case 0x5C:
                    label.append(try Self.escape(bytes, at: &index))
                default:
                    label.append(bytes[index])
                    index += 1
                }
            }
            if !label.isEmpty { try Self.close(&label, into: &wire) }
        }
        wire.append(0)
        guard wire.count <= maximumNameLength else { throw .nameTooLong }
        self.init(uncheckedWire: wire)
    }

    private static func close(_ label: inout [UInt8], into wire: inout [UInt8]) throws(NameTextError) {
        guard !label.isEmpty else { throw .emptyLabel }
        guard label.count <= 63 else { throw .labelTooLong }
        guard wire.count + label.count + 2 <= maximumNameLength else { throw .nameTooLong }
        wire.append(UInt8(label.count))
        wire += label
        label.removeAll(keepingCapacity: true)
    }

    private static func escape(_ bytes: [UInt8], at index: inout Int) throws(NameTextError) -> UInt8 {
        guard index + 1 < bytes.count else { throw .badEscape }
        guard (0x30...0x39).contains(bytes[index + 1]) else {
            index += 2
            return bytes[index - 1]
        }
        guard index + 3 < bytes.count else { throw .badEscape }
        var value = 0
        for digit in bytes[(index + 1)...(index + 3)] {
            guard (0x30...0x39).contains(digit) else { throw .badEscape }
            value = value * 10 + Int(digit - 0x30)
        }
        guard value < 256 else { throw .badEscape }
        index += 4
        return UInt8(value)
    }

    /// The text form with its final dot, special characters escaped.
    package var text: String {
        guard !isRoot else { return "." }
        var text = ""
        for label in labels {
            for octet in label { text += Self.escaped(octet) }
            text += "."
        }
        return text
    }

    private static func escaped(_ octet: UInt8) -> String {
        switch octet {
        case 0x22, 0x28, 0x29, 0x2E, 0x3B, 0x40, 0x5C, 0x24:
            return "\\" + String(UnicodeScalar(octet))
        case 0x21...0x7E:
            return String(UnicodeScalar(octet))
        default:
            let digits = String(octet)
            return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
        }
    }
}

extension Name: CustomStringConvertible {
    @usableFromInline
    package var description: String { text }
}
