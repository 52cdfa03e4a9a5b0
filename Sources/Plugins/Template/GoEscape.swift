/// Texts escaped for other languages, as Go's templates do.
enum GoEscape {
    static func html(_ text: String) -> String {
        map(text) { scalar in
            switch scalar {
            case "\"": "&#34;"
            case "'": "&#39;"
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\0": "\u{FFFD}"
            default: nil
            }
        }
    }

    static func js(_ text: String) -> String {
        map(text) { scalar in
            switch scalar {
            case "\\": "\\\\"
            case "'": "\\'"
            case "\"": "\\\""
            case "<", ">", "&", "=": "\\u" + GoQuoted.hexadecimal(scalar.value, width: 4, uppercase: true)
            default:
                GoQuoted.isPrintable(scalar) || scalar == "\u{7F}"
                    ? nil : "\\u" + GoQuoted.hexadecimal(scalar.value, width: 4, uppercase: true)
            }
        }
    }

    /// For the query of a URL: a blank is `+`, and all but letters, digits and `-_.~` is `%XX`; ends behind what is too long for a text.
    static func urlQuery(_ text: String) -> String {
        var result: [UInt8] = []
        for octet in text.utf8 where result.count <= GoTemplate.maximumTextLength {
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                result.append(octet)
            case UInt8(ascii: " "): result.append(UInt8(ascii: "+"))
            default:
                result.append(UInt8(ascii: "%"))
                GoQuoted.appendPair(octet, to: &result, uppercase: true)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Ends behind what is too long for a text.
    private static func map(_ text: String, _ escape: (Unicode.Scalar) -> String?) -> String {
        var result: [UInt8] = []
        for scalar in text.unicodeScalars where result.count <= GoTemplate.maximumTextLength {
            if let escaped = escape(scalar) {
                result += escaped.utf8
            } else {
                GoQuoted.append(scalar, to: &result)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
