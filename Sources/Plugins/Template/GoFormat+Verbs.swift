import Foundation

extension GoFormat {
    /// A whole number; nil when the verb is not for it.
    static func integer(_ number: Int128, _ type: GoInteger, _ verb: Unicode.Scalar, _ flags: Flags) -> String? {
        switch verb {
        case "v" where flags.sharp && type != .int && type != .int32: digits(number, 16, "0x", flags)
        case "d", "v": digits(number, 10, "", flags)
        case "b": digits(number, 2, flags.sharp ? "0b" : "", flags)
        case "o": digits(number, 8, flags.sharp ? "0" : "", flags)
        case "O": digits(number, 8, "0o", flags)
        case "x": digits(number, 16, flags.sharp ? "0x" : "", flags)
        case "X": digits(number, 16, flags.sharp ? "0X" : "", flags, uppercase: true)
        case "c": pad(String(character(number)), flags)
        case "q": pad(GoQuoted.quote(character(number), isASCII: flags.plus), flags)
        case "U": pad("U+" + GoQuoted.hexadecimal(UInt32(truncatingIfNeeded: number), width: 4, uppercase: true), flags)
        default: nil
        }
    }

    private static func character(_ number: Int128) -> Unicode.Scalar {
        UInt32(exactly: number).flatMap(Unicode.Scalar.init) ?? "\u{FFFD}"
    }

    private static func digits(
        _ number: Int128, _ radix: Int, _ prefix: String, _ flags: Flags, uppercase: Bool = false
    ) -> String {
        let sign = number < 0 ? "-" : flags.plus ? "+" : flags.space ? " " : ""
        var text = String(number.magnitude, radix: radix, uppercase: uppercase)
        var wanted = 0
        if let precision = flags.precision {
            if precision == 0, number == 0 { return pad("", Flags(minus: flags.minus, width: flags.width)) }
            wanted = precision
        } else if flags.zero, !flags.minus, let width = flags.width {
            wanted = width - sign.utf8.count
        }
        text = repeated("0", wanted - text.utf8.count) + text
        if prefix == "0", text.hasPrefix("0") { return pad(sign + text, blanks(flags)) }
        return pad(sign + prefix + text, blanks(flags))
    }

    private static func blanks(_ flags: Flags) -> Flags {
        Flags(minus: flags.minus, width: flags.width)
    }

    /// A text; nil when the verb is not for it.
    static func string(_ text: String, _ verb: Unicode.Scalar, _ flags: Flags) -> String? {
        let cut = flags.precision.map { String(text.unicodeScalars.prefix($0)) } ?? text
        switch verb {
        case "v" where flags.sharp, "q":
            let canBeRaw =
                flags.sharp && verb == "q"
                && !cut.unicodeScalars.contains {
                    $0 == "`" || $0 == "\u{7F}" || $0 == "\u{FEFF}" || ($0.value < 0x20 && $0 != "\t")
                }
            return pad(canBeRaw ? "`\(cut)`" : GoQuoted.quote(cut, isASCII: flags.plus), flags)
        case "v", "s": return pad(cut, flags)
        case "x", "X": return pad(hexadecimal(text, uppercase: verb == "X", flags), flags)
        default: return nil
        }
    }

    private static func hexadecimal(_ text: String, uppercase: Bool, _ flags: Flags) -> String {
        let octets = flags.precision.map { text.utf8.prefix($0) } ?? text.utf8[...]
        guard !octets.isEmpty else { return "" }
        let prefix = flags.sharp ? (uppercase ? "0X" : "0x") : ""
        var result = Array(prefix.utf8)
        for (index, octet) in octets.enumerated() where result.count <= GoTemplate.maximumTextLength {
            if index > 0, flags.space { result += (" " + prefix).utf8 }
            GoQuoted.appendPair(octet, to: &result, uppercase: uppercase)
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// A number with a point; nil when the verb is not for it.
    static func float(_ number: Double, _ verb: Unicode.Scalar, _ flags: Flags) -> String? {
        var text: String
        switch (verb, flags.precision) {
        case ("v", nil), ("g", nil), ("G", nil): text = shortest(number)
        case ("v", let precision?): text = String(format: "%.\(min(precision, exactDigits))g", number)
        case ("e", _), ("E", _), ("f", _), ("F", _), ("g", _), ("G", _):
            let precision = flags.precision ?? 6
            text = String(format: "%.\(min(precision, exactDigits))\(verb)", number)
            if verb != "g", verb != "G", precision > exactDigits { fill(&text, precision - exactDigits) }
        default: return nil
        }
        if verb == "G" { text = text.uppercased() }
        if !text.hasPrefix("-"), flags.plus || flags.space { text = (flags.plus ? "+" : " ") + text }
        guard flags.zero, !flags.minus, let width = flags.width, let sign = text.first, "+- ".contains(sign) else {
            return pad(text, flags)
        }
        return String(sign) + pad(String(text.dropFirst()), Flags(zero: true, width: width - 1))
    }

    /// No number has more digits behind its point; all further ones are zeros.
    private static let exactDigits = 1_100

    /// Puts zeros behind the last digit, before an exponent.
    private static func fill(_ text: inout String, _ count: Int) {
        let end = text.firstIndex { $0 == "e" || $0 == "E" } ?? text.endIndex
        text.insert(contentsOf: repeated("0", count), at: end)
    }

    /// As few digits as tell the number from others; with an exponent below -4 and from 21.
    private static func shortest(_ number: Double) -> String {
        let magnitude = number.magnitude
        if magnitude != 0, magnitude < 1e-4 || magnitude >= 1e21 {
            var parts = number.description.split(separator: "e").map(String.init)
            guard parts.count == 2 else { return number.description }
            if parts[0].hasSuffix(".0") { parts[0].removeLast(2) }
            let sign = parts[1].hasPrefix("-") ? "-" : "+"
            let digits = parts[1].filter(\.isNumber)
            return parts[0] + "e" + sign + (digits.count < 2 ? "0" + digits : digits)
        }
        if number == number.rounded() { return "\(Int128(number))" }
        return number.description
    }
}
