/// The small forms that the text of records is made of.
///
/// Source: RFC 1035 §5.1, RFC 4034 §2.2 and §3.2, RFC 4648 §4.
enum PresentationText {
    /// The octets between quotes; quotes and backslashes escaped, other octets than printable ASCII as `\DDD`.
    static func quoted(_ octets: some Sequence<UInt8>) -> String {
        "\"" + escaped(octets) + "\""
    }

    /// As ``quoted(_:)``, without the quotes.
    static func escaped(_ octets: some Sequence<UInt8>) -> String {
        var text = ""
        for octet in octets {
            switch octet {
            case 0x22, 0x5C:
                text += "\\" + String(UnicodeScalar(octet))
            case 0x20...0x7E:
                text.unicodeScalars.append(UnicodeScalar(octet))
            default:
                text += "\\" + padded(UInt32(octet), to: 3)
            }
        }
        return text
    }

    /// Two lower-case digits for each octet.
    static func hexadecimal(_ octets: some Sequence<UInt8>) -> String {
        var text = ""
        for octet in octets {
            text += octet < 16 ? "0" : ""
            text += String(octet, radix: 16)
        }
        return text
    }

    private static let base64Alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Base 64 with padding, in one piece.
    static func base64(_ octets: [UInt8]) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((octets.count + 2) / 3 * 4)
        for start in stride(from: 0, to: octets.count, by: 3) {
            let group = octets[start..<min(start + 3, octets.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for index in 0..<4 {
                let digit = Int(bits >> UInt32(18 - 6 * index)) & 63
                output.append(index <= group.count ? base64Alphabet[digit] : 0x3D)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// A time as `YYYYMMDDHHMMSS` in UTC.
    ///
    /// Units: seconds since 1970; the number is taken as it stands, so it ends in 2106.
    static func time(_ seconds: UInt32) -> String {
        // Days are counted from 1 March of the year 0, so that the leap day is the last of its year.
        let days = Int(seconds / 86_400) + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        let clock = seconds % 86_400
        return padded(UInt32(year), to: 4)
            + [UInt32(month), UInt32(day), clock / 3_600, clock / 60 % 60, clock % 60].map { padded($0, to: 2) }
            .joined()
    }

    /// The number with zeros before it.
    static func padded(_ number: UInt32, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
