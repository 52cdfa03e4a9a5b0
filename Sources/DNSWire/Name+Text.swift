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
        try self.init(parsing: Array(text.utf8))
    }

    /// The same for text as octets.
    package init(parsing bytes: [UInt8]) throws(NameTextError) {
        var wire: [UInt8] = []
        var label: [UInt8] = []
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
    package var text: String { String(decoding: Self.text(of: wire.span), as: UTF8.self) }

    /// The same of a name in uncompressed wire form, as octets, which are all ASCII.
    package static func text(of wire: Span<UInt8>) -> [UInt8] {
        guard wire.count > 1 else { return [dot] }
        var text: [UInt8] = []
        text.reserveCapacity(wire.count + 8)
        var position = 0
        while wire[position] != 0 {
            let next = position + Int(wire[position]) + 1
            for index in (position + 1)..<next { append(wire[index], to: &text) }
            text.append(dot)
            position = next
        }
        return text
    }

    private static let dot: UInt8 = 0x2E
    private static let backslash: UInt8 = 0x5C

    private static func append(_ octet: UInt8, to text: inout [UInt8]) {
        switch octet {
        case 0x22, 0x28, 0x29, 0x2E, 0x3B, 0x40, 0x5C, 0x24:
            text += [backslash, octet]
        case 0x21...0x7E:
            text.append(octet)
        default:
            text += [backslash, 0x30 + octet / 100, 0x30 + octet / 10 % 10, 0x30 + octet % 10]
        }
    }
}

extension Name: CustomStringConvertible {
    @usableFromInline
    package var description: String { text }
}
