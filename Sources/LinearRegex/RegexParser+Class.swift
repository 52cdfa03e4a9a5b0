// MARK: - Escapes and classes

extension RegexParser {
    mutating func escape() throws(RegexError) -> RegexNode {
        let start = position
        guard position + 1 < text.count else { throw error("nothing after \\") }
        if let set = perlClass(text[position + 1]) {
            position += 2
            return .set(set)
        }
        if let assertion = Self.assertion(text[position + 1]) {
            position += 2
            return .assertion(assertion)
        }
        let scalar = try escapedScalar()
        guard let character = Unicode.Scalar(scalar) else { throw error("not a character", at: start) }
        let nodes = Array(String(character).utf8).map { literal($0) }
        return nodes.count == 1 ? nodes[0] : .concatenation(nodes)
    }

    /// The characters up to `\E` or the end, literally.
    mutating func quoted() -> [RegexNode] {
        var nodes: [RegexNode] = []
        while position < text.count, !skip("\\E") {
            nodes.append(literalCharacter())
        }
        return nodes
    }

    private static func assertion(_ byte: UInt8) -> RegexAssertion? {
        switch byte {
        case UInt8(ascii: "A"): .beginText
        case UInt8(ascii: "z"): .endText
        case UInt8(ascii: "b"): .wordBoundary
        case UInt8(ascii: "B"): .noWordBoundary
        default: nil
        }
    }

    private func perlClass(_ byte: UInt8) -> ByteSet? {
        switch byte {
        case UInt8(ascii: "d"): .digit
        case UInt8(ascii: "D"): ByteSet.digit.inverted
        case UInt8(ascii: "w"): .word
        case UInt8(ascii: "W"): ByteSet.word.inverted
        case UInt8(ascii: "s"): .space
        case UInt8(ascii: "S"): ByteSet.space.inverted
        default: nil
        }
    }

    /// The character that a backslash and what follows stand for.
    private mutating func escapedScalar() throws(RegexError) -> UInt32 {
        let start = position
        guard position + 1 < text.count else { throw error("nothing after \\") }
        let byte = text[position + 1]
        position += 2
        switch byte {
        case UInt8(ascii: "a"): return 7
        case UInt8(ascii: "f"): return 12
        case UInt8(ascii: "n"): return 10
        case UInt8(ascii: "r"): return 13
        case UInt8(ascii: "t"): return 9
        case UInt8(ascii: "v"): return 11
        case UInt8(ascii: "x"): return try hexadecimal(from: start)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return try octal(byte, from: start)
        case UInt8(ascii: "p"), UInt8(ascii: "P"): throw error("Unicode classes are not supported", at: start)
        case let byte where byte < 0x80 && !ByteSet.alnum.contains(byte): return UInt32(byte)
        default: throw error("unknown escape", at: start)
        }
    }

    private mutating func octal(_ first: UInt8, from start: Int) throws(RegexError) -> UInt32 {
        func isOctal(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x37).contains($0) } ?? false }
        // One digit that is not 0 would be a backreference.
        guard isOctal(first), first == UInt8(ascii: "0") || isOctal(next) else {
            throw error("backreferences are not supported", at: start)
        }
        var value = UInt32(first - UInt8(ascii: "0"))
        for _ in 0..<2 {
            guard let byte = next, isOctal(byte) else { break }
            value = value * 8 + UInt32(byte - UInt8(ascii: "0"))
            position += 1
        }
        return value
    }

    /// `\x7F` or `\x{10FFFF}`.
    private mutating func hexadecimal(from start: Int) throws(RegexError) -> UInt32 {
        let isBraced = skip("{")
        let limit = isBraced ? 6 : 2
        let digits = text[position...].prefix(limit).prefix { hexDigits.contains($0) }
        position += digits.count
        guard let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16), isBraced || digits.count == 2,
            !isBraced || skip("}")
        else { throw error("bad \\x escape", at: start) }
        return value
    }

    private var hexDigits: ByteSet {
        ByteSet.digit.union(ByteSet("abcdefABCDEF".utf8))
    }

    mutating func characterClass() throws(RegexError) -> RegexNode {
        let start = position
        position += 1
        let isNegated = skip("^")
        var set = ByteSet()
        var isFirst = true
        while next != UInt8(ascii: "]") || isFirst {
            guard let byte = next else { throw error("missing ]", at: start) }
            isFirst = false
            if byte == UInt8(ascii: "["), let named = try namedClass() {
                set.formUnion(named)
            } else if byte == UInt8(ascii: "\\"), position + 1 < text.count, let perl = perlClass(text[position + 1]) {
                position += 2
                set.formUnion(perl)
            } else {
                set.insert(try range())
            }
        }
        position += 1
        if flags.ignoresCase { set = set.caseInsensitive }
        return .set(isNegated ? set.inverted : set)
    }

    /// `[:alpha:]` or `[:^alpha:]`; nil when the bracket is only a bracket.
    private mutating func namedClass() throws(RegexError) -> ByteSet? {
        let start = position
        guard text[position...].starts(with: "[:".utf8) else { return nil }
        let rest = text[(position + 2)...]
        guard let end = rest.indices.first(where: { text[$0...].starts(with: ":]".utf8) }) else { return nil }
        let isNegated = rest.first == UInt8(ascii: "^")
        let name = String(decoding: rest[..<end].dropFirst(isNegated ? 1 : 0), as: UTF8.self)
        guard let set = ByteSet.posix(name) else { throw error("unknown class [:\(name):]", at: start) }
        position = end + 2
        return isNegated ? set.inverted : set
    }

    private mutating func range() throws(RegexError) -> ClosedRange<UInt8> {
        let start = position
        let low = try classCharacter()
        guard next == UInt8(ascii: "-"), position + 1 < text.count, text[position + 1] != UInt8(ascii: "]") else {
            return low...low
        }
        position += 1
        let high = try classCharacter()
        guard low <= high else { throw error("bad range", at: start) }
        return low...high
    }

    private mutating func classCharacter() throws(RegexError) -> UInt8 {
        let start = position
        guard let byte = next else { throw error("missing ]") }
        var scalar = UInt32(byte)
        if byte == UInt8(ascii: "\\") {
            scalar = try escapedScalar()
        } else {
            position += 1
        }
        guard scalar < 0x80 else { throw error("a class holds ASCII characters only", at: start) }
        return UInt8(scalar)
    }
}
