/// Texts in quotes, as Go writes and reads them.
enum GoQuoted {
    /// `text` in double quotes; what is not printable is escaped (`strconv.Quote`).
    ///
    /// Ends behind what is too long for a text.
    static func quote(_ text: String, isASCII: Bool = false) -> String {
        var result = [UInt8(ascii: "\"")]
        for scalar in text.unicodeScalars where result.count <= GoTemplate.maximumTextLength {
            if scalar.isASCII, isPrintable(scalar), scalar != "\"", scalar != "\\" {
                append(scalar, to: &result)
            } else {
                result += escape(scalar, quote: "\"", isASCII: isASCII).utf8
            }
        }
        result.append(UInt8(ascii: "\""))
        return String(decoding: result, as: UTF8.self)
    }

    /// The begin of a text in quotes, for messages: one line, however long the text is.
    static func excerpt(_ text: String) -> String {
        quote(String(text.unicodeScalars.prefix(100)))
    }

    static func append(_ scalar: Unicode.Scalar, to octets: inout [UInt8]) {
        if scalar.isASCII {
            octets.append(UInt8(truncatingIfNeeded: scalar.value))
        } else {
            octets += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
        }
    }

    /// Appends two hexadecimal digits.
    static func appendPair(_ octet: UInt8, to octets: inout [UInt8], uppercase: Bool) {
        octets.append(digit(octet >> 4, uppercase))
        octets.append(digit(octet & 0xF, uppercase))
    }

    private static func digit(_ value: UInt8, _ uppercase: Bool) -> UInt8 {
        if value < 10 { return UInt8(ascii: "0") + value }
        return (uppercase ? UInt8(ascii: "A") : UInt8(ascii: "a")) + value - 10
    }

    /// A character in single quotes.
    static func quote(_ scalar: Unicode.Scalar, isASCII: Bool = false) -> String {
        "'" + escape(scalar, quote: "'", isASCII: isASCII) + "'"
    }

    private static let letters: [Unicode.Scalar: String] = [
        "\u{7}": "\\a", "\u{8}": "\\b", "\u{C}": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\u{B}": "\\v",
    ]

    private static func escape(_ scalar: Unicode.Scalar, quote: Unicode.Scalar, isASCII: Bool) -> String {
        if scalar == quote || scalar == "\\" { return "\\\(scalar)" }
        if isPrintable(scalar), !isASCII || scalar.isASCII { return String(scalar) }
        if let letter = letters[scalar] { return letter }
        if scalar.value < 0x80 { return "\\x" + hexadecimal(scalar.value, width: 2) }
        return scalar.value < 0x1_0000
            ? "\\u" + hexadecimal(scalar.value, width: 4) : "\\U" + hexadecimal(scalar.value, width: 8)
    }

    /// Letters, marks, numbers, punctuation, symbols, and the blank.
    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value >= 0x20 && scalar.value < 0x7F }
        return switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            false
        default: true
        }
    }

    static func hexadecimal(_ value: UInt32, width: Int, uppercase: Bool = false) -> String {
        let digits = String(value, radix: 16, uppercase: uppercase)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// The text that `scalars`, without their quotes, stand for.
    ///
    /// - Throws: an escape that Go does not know.
    static func unquote(_ scalars: ArraySlice<Unicode.Scalar>, quote: Unicode.Scalar) throws(GoTemplateError) -> String
    {
        var octets: [UInt8] = []
        var rest = scalars
        while let next = rest.popFirst() {
            guard next == "\\" else {
                octets += Array(String(next).utf8)
                continue
            }
            octets += try unescape(&rest, quote: quote)
        }
        return String(decoding: octets, as: UTF8.self)
    }

    private static let escapes: [Unicode.Scalar: UInt8] = [
        "a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 0x5C,
    ]

    private static func unescape(
        _ rest: inout ArraySlice<Unicode.Scalar>, quote: Unicode.Scalar
    ) throws(GoTemplateError) -> [UInt8] {
        guard let letter = rest.popFirst() else { throw GoTemplateError("unterminated quoted string") }
        if letter == quote { return Array(String(letter).utf8) }
        if let octet = escapes[letter] { return [octet] }
        let digits: [Unicode.Scalar: (count: Int, radix: Int)] = [
            "x": (2, 16), "u": (4, 16), "U": (8, 16),
        ]
        if let (count, radix) = digits[letter] {
            let text = String(String.UnicodeScalarView(rest.prefix(count)))
            rest = rest.dropFirst(count)
            if text.unicodeScalars.count == count, let value = UInt32(text, radix: radix) {
                if letter == "x" { return [UInt8(truncatingIfNeeded: value)] }
                if let scalar = Unicode.Scalar(value) { return Array(String(scalar).utf8) }
            }
        } else if ("0"..."3").contains(letter), let value = octal(letter, &rest) {
            return [value]
        }
        throw GoTemplateError("unknown escape '\\\(letter)' in a quoted string")
    }

    private static func octal(_ first: Unicode.Scalar, _ rest: inout ArraySlice<Unicode.Scalar>) -> UInt8? {
        let text = String(first) + String(String.UnicodeScalarView(rest.prefix(2)))
        rest = rest.dropFirst(2)
        return text.unicodeScalars.count == 3 ? UInt8(text, radix: 8) : nil
    }
}
