/// Splits an expression into words.
struct Lexer {
    /// Words that are operators, not names.
    static let keywords: Set<String> = [
        "not", "in", "or", "and", "matches", "contains", "startsWith", "endsWith", "let", "if", "else",
    ]

    let scalars: [Unicode.Scalar]
    var position = 0

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
    }

    /// All words, the last of which is the end.
    mutating func tokens() throws(ExpressionError) -> [Token] {
        var tokens: [Token] = []
        while let token = try next() { tokens.append(token) }
        tokens.append(Token(kind: .end, text: "", place: scalars.count))
        return tokens
    }

    /// The scalar `ahead` of the position; NUL behind the end.
    func peek(_ ahead: Int = 0) -> Unicode.Scalar {
        position + ahead < scalars.count ? scalars[position + ahead] : "\0"
    }

    func text(from start: Int) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[start..<position])
        return String(text)
    }

    private mutating func next() throws(ExpressionError) -> Token? {
        try skipSpaceAndComments()
        guard position < scalars.count else { return nil }
        let (start, scalar) = (position, peek())
        switch scalar {
        case "'", "\"":
            return try string(start)
        case "`":
            return Token(kind: .string, text: try rawString(), place: start)
        case "b" where peek(1) == "'" || peek(1) == "\"", "B" where peek(1) == "'" || peek(1) == "\"":
            position += 1
            return Token(kind: .bytes, text: "", octets: try quoted(isText: false), place: start)
        case "0"..."9":
            return try number(start)
        case "." where ("0"..."9").contains(peek(1)):
            return try number(start)
        default:
            return Self.isAlphanumeric(scalar) ? word(start) : try sign(start)
        }
    }

    private mutating func string(_ start: Int) throws(ExpressionError) -> Token {
        let octets = try quoted(isText: true)
        return Token(kind: .string, text: String(decoding: octets, as: UTF8.self), place: start)
    }

    private mutating func word(_ start: Int) -> Token {
        while position < scalars.count, Self.isAlphanumeric(peek()) { position += 1 }
        let text = text(from: start)
        return Token(kind: Self.keywords.contains(text) ? .sign : .word, text: text, place: start)
    }

    static func isAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "$": true
        default:
            !scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.generalCategory == .decimalNumber)
        }
    }

    private mutating func skipSpaceAndComments() throws(ExpressionError) {
        while position < scalars.count {
            if peek().properties.isWhitespace {
                position += 1
            } else if peek() == "/", peek(1) == "/" {
                while position < scalars.count, peek() != "\n" { position += 1 }
            } else if peek() == "/", peek(1) == "*" {
                let start = position
                position += 2
                while !(peek() == "*" && peek(1) == "/") {
                    guard position < scalars.count else { throw ExpressionError("unclosed comment", at: start) }
                    position += 1
                }
                position += 2
            } else {
                return
            }
        }
    }

    /// What may follow a sign and be part of it.
    private static let continuations: [Unicode.Scalar: Set<Unicode.Scalar>] = [
        "?": [".", "?"], "|": ["|"], ":": [":"], ".": ["."], "#": [],
        "&": ["&", "=", "*"], "!": ["&", "=", "*"], "=": ["&", "=", "*"], "*": ["&", "=", "*"],
        "<": ["&", "=", "*"], ">": ["&", "=", "*"],
        "/": [], ",": [], ";": [], "%": [], "+": [], "-": [], "^": [],
        "(": [], ")": [], "[": [], "]": [], "{": [], "}": [],
    ]

    private mutating func sign(_ start: Int) throws(ExpressionError) -> Token {
        guard let continuations = Self.continuations[peek()] else {
            throw ExpressionError("unrecognized character '\(peek().escaped(asASCII: true))'", at: start)
        }
        position += 1
        if position < scalars.count, continuations.contains(peek()) { position += 1 }
        return Token(kind: .sign, text: text(from: start), place: start)
    }
}
