/// Text of the user's, made fit to stand in a message.
package enum QuotedText {
    /// The longest piece of a word that a message repeats, in Unicode scalars.
    static let longestExcerpt = 120

    /// The word with control characters shown as escapes, and cut when it is very long.
    package static func excerpt(_ text: String) -> String {
        var result = ""
        for (count, scalar) in text.unicodeScalars.enumerated() {
            if count == longestExcerpt { return result + "..." }
            result += escaped(scalar)
        }
        return result
    }

    /// The word in double quotation marks, in the form of Go's `%q`, which CoreDNS's messages use.
    package static func doubleQuoted(_ text: String) -> String {
        var result = "\""
        for (count, scalar) in text.unicodeScalars.enumerated() {
            if count == longestExcerpt { return result + "...\"" }
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            default: result += escaped(scalar)
            }
        }
        return result + "\""
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": return "\\n"
        case "\t": return "\\t"
        case "\r": return "\\r"
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: break
        default: return String(scalar)
        }
        let digits = String(scalar.value, radix: 16)
        if scalar.value < 0x80 { return "\\x" + String(repeating: "0", count: 2 - digits.count) + digits }
        return "\\u{" + digits + "}"
    }
}
