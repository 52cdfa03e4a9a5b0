/// Takes a template apart: text, and the words of actions.
enum GoTemplateLexer {
    /// A piece of a template.
    enum Piece: Equatable {
        case text(String)
        case action([Word])
    }

    /// A word of an action.
    enum Word: Equatable {
        case identifier(String)
        /// `.a.b`; `.` alone is the empty path.
        case field([String])
        case string(String)
        case number(Int128)
        case pipe
        case open
        case close
    }

    /// The pieces of `source`, trimmed where `{{-` and `-}}` say so.
    ///
    /// - Throws: an action without its end, or a character that begins no word.
    static func pieces(of source: String) throws(GoTemplateError) -> [Piece] {
        var pieces: [Piece] = []
        var rest = Substring(source)
        while let start = rest.firstRange(of: "{{") {
            var text = rest[..<start.lowerBound]
            rest = rest[start.upperBound...]
            if rest.first == "-", rest.dropFirst().first?.isWhitespace == true {
                while text.last?.isWhitespace == true { text.removeLast() }
                rest.removeFirst()
            }
            if !text.isEmpty { pieces.append(.text(String(text))) }
            if let words = try action(&rest) { pieces.append(.action(words)) }
        }
        if !rest.isEmpty { pieces.append(.text(String(rest))) }
        return pieces
    }

    /// The words up to `}}`; nil for a comment.
    private static func action(_ rest: inout Substring) throws(GoTemplateError) -> [Word]? {
        if rest.drop(while: \.isWhitespace).hasPrefix("/*") {
            guard let end = rest.firstRange(of: "*/") else { throw GoTemplateError("unclosed comment") }
            rest = rest[end.upperBound...]
            guard try endsAction(&rest) else { throw GoTemplateError("comment ends before closing delimiter") }
            return nil
        }
        var words: [Word] = []
        while true {
            if try endsAction(&rest) { return words }
            words.append(try word(&rest))
        }
    }

    /// Takes blanks and, if it is there, the end of the action.
    private static func endsAction(_ rest: inout Substring) throws(GoTemplateError) -> Bool {
        let hasBlank = rest.first?.isWhitespace == true
        rest = rest.drop(while: \.isWhitespace)
        if hasBlank, rest.hasPrefix("-}}") {
            rest = rest.dropFirst(3).drop(while: \.isWhitespace)
            return true
        }
        guard !rest.isEmpty else { throw GoTemplateError("unclosed action: there is no '}}'") }
        guard rest.hasPrefix("}}") else { return false }
        rest = rest.dropFirst(2)
        return true
    }

    private static func word(_ rest: inout Substring) throws(GoTemplateError) -> Word {
        guard let first = rest.first else { throw GoTemplateError("unclosed action: there is no '}}'") }
        switch first {
        case "|", "(", ")":
            rest.removeFirst()
            return first == "|" ? .pipe : first == "(" ? .open : .close
        case "\"":
            return .string(try quoted(&rest))
        case "`":
            rest.removeFirst()
            guard let end = rest.firstIndex(of: "`") else { throw GoTemplateError("unterminated raw quoted string") }
            defer { rest = rest[rest.index(after: end)...] }
            return .string(String(rest[..<end]))
        case ".":
            return .field(fields(&rest))
        case "$":
            throw GoTemplateError("variables ('$') are not understood")
        case "-", "0"..."9":
            return .number(try number(&rest))
        default:
            let name = rest.prefix(while: isNamePart)
            guard !name.isEmpty else { throw GoTemplateError("unexpected '\(first)' in an action") }
            rest = rest[name.endIndex...]
            return .identifier(String(name))
        }
    }

    private static func isNamePart(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    private static func fields(_ rest: inout Substring) -> [String] {
        var path: [String] = []
        while rest.first == "." {
            let name = rest.dropFirst().prefix(while: isNamePart)
            rest = rest[name.endIndex...]
            guard !name.isEmpty else { break }
            path.append(String(name))
        }
        return path
    }

    private static func number(_ rest: inout Substring) throws(GoTemplateError) -> Int128 {
        let word = rest.prefix { isNamePart($0) || $0 == "-" || $0 == "." }
        rest = rest[word.endIndex...]
        let isHexadecimal = word.hasPrefix("0x") || word.hasPrefix("0X")
        guard let number = isHexadecimal ? Int128(word.dropFirst(2), radix: 16) : Int128(word) else {
            throw GoTemplateError("'\(word)' is no whole number")
        }
        return number
    }

    private static let escapes: [Character: Character] = [
        "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "\"": "\"", "'": "'",
    ]

    private static func quoted(_ rest: inout Substring) throws(GoTemplateError) -> String {
        rest.removeFirst()
        var text = ""
        while let next = rest.popFirst() {
            switch next {
            case "\"":
                return text
            case "\\":
                guard let letter = rest.popFirst(), let character = escapes[letter] else {
                    throw GoTemplateError("unknown escape in a quoted string")
                }
                text.append(character)
            default:
                text.append(next)
            }
        }
        throw GoTemplateError("unterminated quoted string")
    }
}
