extension Lexer {
    /// A number as it is written; the parser makes its value.
    mutating func number(_ start: Int) throws(ExpressionError) -> Token {
        var digits: Set<Unicode.Scalar> = Set("0123456789_".unicodeScalars)
        if peek() == "0" {
            switch peek(1) {
            case "x", "X": digits = Set("0123456789abcdefABCDEF_".unicodeScalars)
            case "o", "O": digits = Set("01234567_".unicodeScalars)
            case "b", "B": digits = Set("01_".unicodeScalars)
            default: position -= 1
            }
            position += 2
        }
        skip(digits)
        // Two points are the operator that makes a range.
        if peek() == ".", peek(1) != "." {
            position += 1
            skip(digits)
        }
        if peek() == "e" || peek() == "E" {
            position += 1
            if peek() == "+" || peek() == "-" { position += 1 }
            skip(digits)
        }
        guard !(position < scalars.count && Self.isAlphanumeric(peek())) else {
            throw ExpressionError("bad number syntax: '\(text(from: start))\(peek())'", at: start)
        }
        return Token(kind: .number, text: text(from: start), place: start)
    }

    private mutating func skip(_ digits: Set<Unicode.Scalar>) {
        while position < scalars.count, digits.contains(peek()) { position += 1 }
    }

    /// A text between backquotes, in which only a doubled backquote means something else.
    mutating func rawString() throws(ExpressionError) -> String {
        let start = position
        var text = String.UnicodeScalarView()
        position += 1
        while position < scalars.count {
            let scalar = peek()
            position += 1
            if scalar == "`" {
                guard peek() == "`" else { return String(text) }
                position += 1
            }
            text.append(scalar)
        }
        throw ExpressionError("literal not terminated", at: start)
    }

    /// The octets of a literal in quotation marks.
    mutating func quoted(isText: Bool) throws(ExpressionError) -> [UInt8] {
        let (start, quote) = (position, peek())
        var octets: [UInt8] = []
        position += 1
        while position < scalars.count, peek() != "\n" {
            let scalar = peek()
            position += 1
            if scalar == quote { return octets }
            if scalar == "\\" {
                octets += try escape(quote, isText: isText)
            } else {
                octets += Array(String(scalar).utf8)
            }
        }
        throw ExpressionError("literal not terminated", at: start)
    }

    private static let simpleEscapes: [Unicode.Scalar: UInt8] = [
        "a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92,
    ]

    /// What stands for the escape behind a backslash.
    private mutating func escape(_ quote: Unicode.Scalar, isText: Bool) throws(ExpressionError) -> [UInt8] {
        let (place, scalar) = (position - 1, peek())
        position += 1
        if scalar == quote { return [UInt8(truncatingIfNeeded: quote.value)] }
        if let octet = Self.simpleEscapes[scalar] { return [octet] }
        switch scalar {
        case "0"..."7":
            position -= 1
            return try encode(try digits(3, radix: 8, place), isText, place)
        case "x":
            return try encode(try digits(2, radix: 16, place), isText, place)
        case "u" where isText && peek() == "{":
            position += 1
            let count = scalars[position...].prefix { $0 != "}" }.count
            guard (1...6).contains(count) else { throw ExpressionError("invalid char escape", at: place) }
            let value = try digits(count, radix: 16, place)
            guard peek() == "}" else { throw ExpressionError("invalid char escape", at: place) }
            position += 1
            return try encode(value, true, place)
        case "u" where isText:
            return try encode(try digits(4, radix: 16, place), true, place)
        case "U" where isText:
            return try encode(try digits(8, radix: 16, place), true, place)
        default:
            throw ExpressionError("invalid char escape", at: place)
        }
    }

    private mutating func digits(_ count: Int, radix: UInt32, _ place: Int) throws(ExpressionError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = peek().isASCII ? Character(peek()).hexDigitValue : nil, digit < radix else {
                throw ExpressionError("invalid char escape", at: place)
            }
            value = value &* radix &+ UInt32(digit)
            position += 1
        }
        return value
    }

    private func encode(_ value: UInt32, _ isText: Bool, _ place: Int) throws(ExpressionError) -> [UInt8] {
        if !isText, let octet = UInt8(exactly: value) { return [octet] }
        guard isText, let scalar = Unicode.Scalar(value) else {
            throw ExpressionError("invalid char escape", at: place)
        }
        return Array(String(scalar).utf8)
    }
}
