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

    /// For the query of a URL: a blank is `+`, and all but letters, digits and `-_.~` is `%XX`.
    static func urlQuery(_ text: String) -> String {
        var result = ""
        for octet in text.utf8 {
            let scalar = Unicode.Scalar(octet)
            if octet < 0x80,
                scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "-_.~".unicodeScalars.contains(scalar)
            {
                result.unicodeScalars.append(scalar)
            } else {
                result += octet == 0x20 ? "+" : "%" + GoQuoted.hexadecimal(UInt32(octet), width: 2, uppercase: true)
            }
        }
        return result
    }

    private static func map(_ text: String, _ escape: (Unicode.Scalar) -> String?) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if let escaped = escape(scalar) { result += escaped } else { result.unicodeScalars.append(scalar) }
        }
        return result
    }
}
