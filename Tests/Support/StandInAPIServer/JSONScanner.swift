/// Finds the parts of a JSON text without building values of them.
///
/// Recorded clusters are large, and all but a few fields of an object only pass through.
struct JSONScanner {
    /// The text without white space between its tokens.
    let bytes: [UInt8]

    /// Takes a text, and removes the white space between its tokens: a watch needs each object on one line.
    init(_ text: some Sequence<UInt8>) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.underestimatedCount)
        var isInString = false
        var isEscaped = false
        for byte in text {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
            } else if byte == UInt8(ascii: "\"") {
                isInString = true
            } else if byte == 0x20 || (0x09...0x0D).contains(byte) {
                continue
            }
            bytes.append(byte)
        }
        self.bytes = bytes
    }

    /// The whole text.
    var all: Range<Int> { bytes.indices }

    /// The members of an object, by name.
    func members(of range: Range<Int>) throws(StandInError) -> [String: Range<Int>] {
        var members: [String: Range<Int>] = [:]
        var place = try enter(range, UInt8(ascii: "{"))
        while bytes[place] != UInt8(ascii: "}") {
            let name = try value(at: place, before: range.upperBound)
            guard bytes[name.lowerBound] == UInt8(ascii: "\""), name.upperBound < range.upperBound,
                bytes[name.upperBound] == UInt8(ascii: ":")
            else { throw .malformedObject }
            let member = try value(at: name.upperBound + 1, before: range.upperBound)
            members[string(name)] = member
            place = try following(member, range)
        }
        guard place == range.upperBound - 1 else { throw .malformedObject }
        return members
    }

    /// The elements of an array.
    func elements(of range: Range<Int>) throws(StandInError) -> [Range<Int>] {
        var elements: [Range<Int>] = []
        var place = try enter(range, UInt8(ascii: "["))
        while bytes[place] != UInt8(ascii: "]") {
            let element = try value(at: place, before: range.upperBound)
            elements.append(element)
            place = try following(element, range)
        }
        guard place == range.upperBound - 1 else { throw .malformedObject }
        return elements
    }

    /// A string's text, with its escapes as they are written; a value that is no string gives its text.
    func string(_ range: Range<Int>) -> String {
        let isQuoted = range.count >= 2 && bytes[range.lowerBound] == UInt8(ascii: "\"")
        let inner = isQuoted ? range.lowerBound + 1..<range.upperBound - 1 : range
        return String(decoding: bytes[inner], as: UTF8.self)
    }

    /// The place after the opening bracket of a range that is closed as it should be.
    private func enter(_ range: Range<Int>, _ opening: UInt8) throws(StandInError) -> Int {
        // In ASCII a closing bracket or brace is two after the opening one.
        guard range.count >= 2, bytes[range.lowerBound] == opening, bytes[range.upperBound - 1] == opening + 2 else {
            throw .malformedObject
        }
        return range.lowerBound + 1
    }

    /// The place after a value and its comma.
    private func following(_ value: Range<Int>, _ range: Range<Int>) throws(StandInError) -> Int {
        guard value.upperBound < range.upperBound else { throw .malformedObject }
        guard bytes[value.upperBound] == UInt8(ascii: ",") else {
            guard value.upperBound == range.upperBound - 1 else { throw .malformedObject }
            return value.upperBound
        }
        return value.upperBound + 1
    }

    /// The value that begins at a place.
    private func value(at start: Int, before end: Int) throws(StandInError) -> Range<Int> {
        var depth = 0
        var place = start
        while place < end {
            switch bytes[place] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ","), UInt8(ascii: ":"):
                if depth == 0 { return try nonempty(start..<place) }
                if bytes[place] == UInt8(ascii: "}") || bytes[place] == UInt8(ascii: "]") { depth -= 1 }
            case UInt8(ascii: "\""): place = try endOfString(place, before: end)
            default: break
            }
            place += 1
        }
        guard depth == 0 else { throw .malformedObject }
        return try nonempty(start..<end)
    }

    private func nonempty(_ range: Range<Int>) throws(StandInError) -> Range<Int> {
        guard !range.isEmpty else { throw .malformedObject }
        return range
    }

    /// The place of the quote that ends a string.
    private func endOfString(_ start: Int, before end: Int) throws(StandInError) -> Int {
        var place = start + 1
        while place < end {
            if bytes[place] == UInt8(ascii: "\"") { return place }
            place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        throw .malformedObject
    }
}
