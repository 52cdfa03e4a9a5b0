import Basics

/// Texts, numbers and words.
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
    mutating func stringMap() throws(APIFailure) -> [String: String] {
        guard try beginObject() else { return [:] }
        var texts: [String: String] = [:]
        while let name = try memberText() { texts[name] = try string() }
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
        if let number = plainNumber() { return number }
        while index < octets.count, octets[index].isInJSONNumber { index += 1 }
        let digits = String(decoding: octets[begin..<index], as: UTF8.self)
        guard octet != UInt8(ascii: "+"), let number = Int(digits) ?? Double(digits).flatMap({ Int(exactly: $0) })
        else {
            throw fault("not a whole number")
        }
        return number
    }

    /// A number of digits alone, as nearly all are; nil, and nothing is read, for another or a very large one.
    private mutating func plainNumber() -> Int? {
        var (place, number) = (index, 0)
        while place < octets.count, place - index < 18, case UInt8(ascii: "0")...UInt8(ascii: "9") = octets[place] {
            number = 10 * number + Int(octets[place] - UInt8(ascii: "0"))
            place += 1
        }
        guard place > index, place < octets.count, !octets[place].isInJSONNumber else { return nil }
        index = place
        return number
    }

    // MARK: Text

    /// A text that is only compared with others; nil for `null`.
    ///
    /// - Throws: `malformed` when it is something else, or not Unicode.
    mutating func token() throws(APIFailure) -> JSONToken? {
        if try next() == UInt8(ascii: "\"") { return try quotedToken() }
        return try string().map { JSONToken(Array($0.utf8).span, 0..<$0.utf8.count) }
    }

    /// The text that begins at the present quote.
    ///
    /// Source: RFC 8259 §7.
    mutating func quoted() throws(APIFailure) -> String {
        guard let range = try plain() else { return try escaped() }
        // Nothing is left to check.
        return unsafe octets.withUnsafeBufferPointer {
            unsafe String(decoding: UnsafeBufferPointer(rebasing: $0[range]), as: UTF8.self)
        }
    }

    /// The same for a text that is only compared with others.
    @inline(__always)
    mutating func quotedToken() throws(APIFailure) -> JSONToken {
        if let range = try plain() { return JSONToken(octets.span, range) }
        let text = Array(try escaped().utf8)
        return JSONToken(text.span, 0..<text.count)
    }

    /// An IPv4 address; nil, and nothing is read, when the next value is something else.
    mutating func ipv4Address() throws(APIFailure) -> IPAddress? {
        let begin = index
        if try next() == UInt8(ascii: "\""), let range = try plain(), let address = IPAddress(ipv4Text: octets[range]) {
            return address
        }
        index = begin
        return nil
    }

    /// A point in time; nil for `null` and for a text that is none.
    ///
    /// - Throws: `malformed` when it is no text.
    mutating func timestamp() throws(APIFailure) -> Int64? {
        if try next() == UInt8(ascii: "\""), let range = try plain() { return Timestamp.nanoseconds(octets[range]) }
        return try string().flatMap { Timestamp.nanoseconds($0.utf8) }
    }

    /// Where the text that begins at the present quote stands, if it has no escapes; nil, and nothing is read, if it has.
    private mutating func plain() throws(APIFailure) -> Range<Int>? {
        let range = index + 1..<octets.count
        let text = octets.span.plainJSONText(in: range)
        guard !text.hasControls else { throw fault("not JSON") }
        guard text.end < range.upperBound else { throw fault("not JSON: it ends early") }
        guard octets[text.end] == UInt8(ascii: "\"") else { return nil }
        let found = range.lowerBound..<text.end
        // Nearly all are ASCII, of which there is nothing to check.
        if !text.isASCII, String(validating: octets[found], as: UTF8.self) == nil { throw fault("not UTF-8") }
        index = text.end + 1
        return found
    }

    /// The text that begins at the present quote and has escapes.
    private mutating func escaped() throws(APIFailure) -> String {
        index += 1
        var text: [UInt8] = []
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
