/// Texts, numbers, words, and what is passed over.
extension JSONReader {
    /// A text; nil for `null`.
    ///
    /// - Throws: `malformed` when it is something else, or not Unicode.
    mutating func string() throws(APIFailure) -> String? {
        switch try next() {
        case UInt8(ascii: "\""): return try quoted()
        case UInt8(ascii: "n"):
            try word("null")
            return nil
        default: throw fault("not a text")
        }
    }

    /// An array of texts; an empty one for `null`.
    mutating func strings() throws(APIFailure) -> [String] {
        guard try beginArray() else { return [] }
        var texts: [String] = []
        while try element() {
            guard let text = try string() else { throw fault("not a text") }
            texts.append(text)
        }
        return texts
    }

    /// Texts by name, those that are `null` left out; none for `null`.
    ///
    /// - Parameter isWanted: which names are wanted.
    mutating func stringMap(of isWanted: (String) -> Bool) throws(APIFailure) -> [String: String] {
        guard try beginObject() else { return [:] }
        var texts: [String: String] = [:]
        while let name = try member() {
            if isWanted(name) { texts[name] = try string() } else { try skip() }
        }
        return texts
    }

    /// `true` or `false`; nil for `null`.
    mutating func bool() throws(APIFailure) -> Bool? {
        switch try next() {
        case UInt8(ascii: "t"):
            try word("true")
            return true
        case UInt8(ascii: "f"):
            try word("false")
            return false
        case UInt8(ascii: "n"):
            try word("null")
            return nil
        default: throw fault("neither true nor false")
        }
    }

    /// A whole number; nil for `null`.
    mutating func integer() throws(APIFailure) -> Int? {
        let octet = try next()
        if octet == UInt8(ascii: "n") {
            try word("null")
            return nil
        }
        let begin = index
        while index < octets.count, octets[index].isInJSONNumber { index += 1 }
        let digits = String(decoding: octets[begin..<index], as: UTF8.self)
        guard octet != UInt8(ascii: "+"), let number = Int(digits) ?? Double(digits).flatMap({ Int(exactly: $0) })
        else {
            throw fault("not a whole number")
        }
        return number
    }

    // MARK: Text

    /// The text that begins at the present quote.
    ///
    /// Source: RFC 8259 §7.
    mutating func quoted() throws(APIFailure) -> String {
        index += 1
        let begin = index
        var all: UInt8 = 0
        while index < octets.count, octets[index] != UInt8(ascii: "\""), octets[index] != UInt8(ascii: "\\") {
            guard octets[index] >= 0x20 else { throw fault("not JSON") }
            all |= octets[index]
            index += 1
        }
        guard index < octets.count else { throw fault("not JSON: it ends early") }
        guard octets[index] == UInt8(ascii: "\"") else { return try escaped(from: begin) }
        let text = octets[begin..<index]
        index += 1
        // Nearly all are ASCII, of which there is nothing to check, and that is many times as quick.
        if all < 0x80 { return String(decoding: text, as: UTF8.self) }
        guard let text = String(validating: text, as: UTF8.self) else { throw fault("not UTF-8") }
        return text
    }

    /// The rest of a text that has escapes.
    private mutating func escaped(from begin: Int) throws(APIFailure) -> String {
        var text = Array(octets[begin..<index])
        while index < octets.count, octets[index] != UInt8(ascii: "\"") {
            let octet = octets[index]
            guard octet >= 0x20 else { throw fault("not JSON") }
            index += 1
            if octet == UInt8(ascii: "\\") { try unescape(into: &text) } else { text.append(octet) }
        }
        guard index < octets.count else { throw fault("not JSON: it ends early") }
        guard let text = String(validating: text, as: UTF8.self) else { throw fault("not UTF-8") }
        index += 1
        return text
    }

    private mutating func unescape(into text: inout [UInt8]) throws(APIFailure) {
        guard index < octets.count else { throw fault("not JSON: it ends early") }
        let octet = octets[index]
        index += 1
        switch octet {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(octet)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: Array(String(try scalar()).utf8))
        default: throw fault("not JSON")
        }
    }

    /// The character of `\u` and of a second one, where both make one.
    private mutating func scalar() throws(APIFailure) -> Unicode.Scalar {
        var value = UInt32(try codeUnit())
        if value & 0xFC00 == 0xD800 {
            guard index + 1 < octets.count, octets[index] == UInt8(ascii: "\\"), octets[index + 1] == UInt8(ascii: "u")
            else { throw fault("not Unicode") }
            index += 2
            let low = UInt32(try codeUnit())
            guard low & 0xFC00 == 0xDC00 else { throw fault("not Unicode") }
            value = 0x1_0000 + (value & 0x3FF) << 10 + low & 0x3FF
        }
        guard let scalar = Unicode.Scalar(value) else { throw fault("not Unicode") }
        return scalar
    }

    private mutating func codeUnit() throws(APIFailure) -> UInt16 {
        guard index + 4 <= octets.count else { throw fault("not JSON: it ends early") }
        var value: UInt16 = 0
        for octet in octets[index..<index + 4] {
            guard octet < 0x80, let digit = Character(Unicode.Scalar(octet)).hexDigitValue else {
                throw fault("not JSON")
            }
            value = value << 4 | UInt16(digit)
        }
        index += 4
        return value
    }

    // MARK: Passing over

    /// Passes over a value, whatever it is, and looks no closer than brackets and quotes ask for.
    mutating func skip() throws(APIFailure) {
        var depth = 0
        repeat {
            switch try next() {
            case UInt8(ascii: "\""): try skipText()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                guard depth <= JSONPruner.deepestPassedOver else { throw fault("JSON: too deep") }
                index += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                guard depth >= 0 else { throw fault("not JSON") }
                index += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { throw fault("not JSON") }
                index += 1
            default:
                while index < octets.count, !octets[index].endsJSONLiteral { index += 1 }
            }
        } while depth > 0
    }

    private mutating func skipText() throws(APIFailure) {
        index += 1
        while true {
            index = octets.span.endOfPlainJSONText(from: index)
            guard index < octets.count, octets[index] == UInt8(ascii: "\\") else { break }
            index += 2
        }
        guard index < octets.count else { throw fault("not JSON: it ends early") }
        index += 1
    }
}

extension UInt8 {
    /// RFC 8259 §6.
    fileprivate var isInJSONNumber: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }
}
