/// Reads a value from JSON (RFC 8259).
///
/// Numbers are floats, as Go reads them.
struct JSONReader {
    private let octets: [UInt8]
    private var position = 0
    private var depth = 0
    private let run: ExpressionRun

    init(_ text: String, _ run: ExpressionRun) {
        octets = Array(text.utf8)
        self.run = run
    }

    /// The value that the text is, with nothing behind it.
    mutating func value() throws(ExpressionFailure) -> ExpressionValue {
        let value = try part()
        skipSpace()
        guard position == octets.count else { throw .unreadable }
        return value
    }

    private var next: UInt8 { position < octets.count ? octets[position] : 0 }

    private mutating func skipSpace() {
        while [0x20, 0x09, 0x0A, 0x0D].contains(next), position < octets.count { position += 1 }
    }

    private mutating func passes(_ letter: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: letter) else { return false }
        position += 1
        return true
    }

    private mutating func part() throws(ExpressionFailure) -> ExpressionValue {
        try run.spend()
        depth += 1
        defer { depth -= 1 }
        guard depth <= ValueList.maximumDepth else { throw .tooDeep }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try list()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ word: String, _ value: ExpressionValue) throws(ExpressionFailure) -> ExpressionValue {
        guard octets[position...].starts(with: word.utf8) else { throw .unreadable }
        position += word.utf8.count
        return value
    }

    private mutating func object() throws(ExpressionFailure) -> ExpressionValue {
        position += 1
        var map = ValueMap()
        if passes("}") { return .map(map) }
        repeat {
            skipSpace()
            let key = try string()
            guard passes(":") else { throw .unreadable }
            try map.set(.string(key), try part())
        } while passes(",")
        guard passes("}") else { throw .unreadable }
        return .map(map)
    }

    private mutating func list() throws(ExpressionFailure) -> ExpressionValue {
        position += 1
        var elements: [ExpressionValue] = []
        if passes("]") { return try .list([], run) }
        repeat { elements.append(try part()) } while passes(",")
        guard passes("]") else { throw .unreadable }
        return try .list(elements, run)
    }

    private mutating func number() throws(ExpressionFailure) -> ExpressionValue {
        let start = position
        while position < octets.count, "+-.0123456789eE".utf8.contains(next) { position += 1 }
        let text = octets[start..<position]
        guard text.count <= 400, Self.isNumber(text), let value = Double(String(decoding: text, as: UTF8.self)),
            value.isFinite
        else { throw .unreadable }
        return .float(value)
    }

    /// Whether a number is written as JSON wants it: digits around a point, and no zero in front of others.
    private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
        func isDigit(_ octet: UInt8) -> Bool { (0x30...0x39).contains(octet) }
        let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
        guard let first = digits.first, isDigit(first), let last = digits.last, isDigit(last) else { return false }
        let second = digits.dropFirst().first
        if first == 0x30, let second, isDigit(second) { return false }
        guard let point = digits.firstIndex(of: UInt8(ascii: ".")) else { return true }
        return isDigit(digits[point - 1]) && isDigit(digits[point + 1])
    }

    private mutating func string() throws(ExpressionFailure) -> String {
        guard next == UInt8(ascii: "\"") else { throw .unreadable }
        position += 1
        var text: [UInt8] = []
        while position < octets.count {
            let octet = next
            position += 1
            switch octet {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += try escape()
            case 0..<0x20: throw .unreadable
            default: text.append(octet)
            }
        }
        throw .unreadable
    }

    private static let escapes: [UInt8: UInt8] = [
        0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 8, 0x66: 12, 0x6E: 10, 0x72: 13, 0x74: 9,
    ]

    private mutating func escape() throws(ExpressionFailure) -> [UInt8] {
        let letter = next
        position += 1
        if let octet = Self.escapes[letter] { return [octet] }
        guard letter == UInt8(ascii: "u") else { throw .unreadable }
        var value = try unit()
        if (0xD800..<0xDC00).contains(value), octets[position...].starts(with: "\\u".utf8) {
            position += 2
            let low = try unit()
            value = (0xDC00..<0xE000).contains(low) ? 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00) : 0xFFFD
        }
        return Array(String(Unicode.Scalar(value) ?? "\u{FFFD}").utf8)
    }

    private mutating func unit() throws(ExpressionFailure) -> UInt32 {
        guard position + 4 <= octets.count else { throw .unreadable }
        let digits = octets[position..<position + 4]
        position += 4
        guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw .unreadable }
        return value
    }
}
