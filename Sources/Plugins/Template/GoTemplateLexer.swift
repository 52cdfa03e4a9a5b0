/// Takes a template apart: text, and the words of actions.
struct GoTemplateLexer {
    /// A piece of a template.
    enum Piece {
        case text(String)
        /// The words of an action, and the action as it was written.
        case action(ArraySlice<Token>, source: String)
    }

    struct Token: Equatable {
        let word: Word
        /// Whether it follows the word before without a blank.
        let isGlued: Bool
    }

    /// A word of an action.
    enum Word: Hashable {
        case identifier(String)
        /// `.a`
        case field(String)
        /// `.` alone.
        case dot
        /// `$a`, with its dollar sign.
        case variable(String)
        case string(String)
        case number(GoValue)
        case pipe, open, close, comma
        /// `:=` and `=`.
        case declare, assign

        /// As it stands in a message.
        var text: String {
            switch self {
            case .identifier(let name), .variable(let name): name
            case .field(let name): ".\(name)"
            case .dot: "."
            case .string(let text): GoQuoted.quote(text)
            case .number(let number): number.text
            case .pipe: "|"
            case .open: "("
            case .close: ")"
            case .comma: ","
            case .declare: ":="
            case .assign: "="
            }
        }
    }

    private let scalars: [Unicode.Scalar]
    private var position = 0

    private init(_ source: String) {
        scalars = Array(source.unicodeScalars)
    }

    /// The pieces of `source`, trimmed where `{{-` and `-}}` say so.
    ///
    /// - Throws: an action without its end, or a character that begins no word.
    static func pieces(of source: String) throws(GoTemplateError) -> [Piece] {
        var lexer = GoTemplateLexer(source)
        return try lexer.pieces()
    }

    private mutating func pieces() throws(GoTemplateError) -> [Piece] {
        var pieces: [Piece] = []
        while position < scalars.count {
            var text = takeText()
            guard starts(with: "{{") else {
                pieces.append(.text(Self.string(text)))
                break
            }
            let start = position
            position += 2
            if starts(with: "-"), position + 1 < scalars.count, Self.isBlank(scalars[position + 1]) {
                position += 1
                while let last = text.last, Self.isBlank(last) { text.removeLast() }
            }
            if !text.isEmpty { pieces.append(.text(Self.string(text))) }
            do throws(GoTemplateError) {
                guard let words = try action() else { continue }
                pieces.append(.action(words[...], source: Self.string(scalars[start..<position])))
            } catch {
                throw error.within(Self.string(scalars[start...]))
            }
        }
        return pieces
    }

    private mutating func takeText() -> ArraySlice<Unicode.Scalar> {
        let start = position
        while position < scalars.count, !starts(with: "{{") { position += 1 }
        return scalars[start..<position]
    }

    /// The words up to `}}`; nil for a comment.
    private mutating func action() throws(GoTemplateError) -> [Token]? {
        skipBlanks()
        if starts(with: "/*") {
            while !starts(with: "*/") {
                guard position < scalars.count else { throw GoTemplateError("unclosed comment: there is no '*/'") }
                position += 1
            }
            position += 2
            guard try endsAction(afterBlank: skipBlanks()) else {
                throw GoTemplateError("comment ends before closing delimiter '}}'")
            }
            return nil
        }
        var words: [Token] = []
        while true {
            let hasBlank = skipBlanks()
            if try endsAction(afterBlank: hasBlank) { return words }
            words.append(Token(word: try word(), isGlued: !hasBlank && !words.isEmpty))
        }
    }

    /// Takes the end of the action if it is there.
    private mutating func endsAction(afterBlank: Bool) throws(GoTemplateError) -> Bool {
        if afterBlank, starts(with: "-}}") {
            position += 3
            skipBlanks()
            return true
        }
        guard position < scalars.count else { throw GoTemplateError("unclosed action: there is no '}}'") }
        guard starts(with: "}}") else { return false }
        position += 2
        return true
    }

    private mutating func word() throws(GoTemplateError) -> Word {
        let first = scalars[position]
        let marks: [Unicode.Scalar: Word] = ["|": .pipe, "(": .open, ")": .close, ",": .comma, "=": .assign]
        if let mark = marks[first] {
            position += 1
            return mark
        }
        switch first {
        case ":" where starts(with: ":="):
            position += 2
            return .declare
        case "\"": return .string(try quoted("\""))
        case "'":
            let text = try quoted("'")
            guard let scalar = text.unicodeScalars.first, text.unicodeScalars.count == 1 else {
                throw GoTemplateError("malformed character constant: '\(text)'")
            }
            return .number(.number(Int128(scalar.value)))
        case "`": return .string(try raw())
        case "$":
            position += 1
            return .variable("$" + takeName())
        case "." where !isDigit(at: position + 1):
            position += 1
            let name = takeName()
            return name.isEmpty ? .dot : .field(name)
        case "+", "-", ".", "0"..."9": return .number(try number())
        default:
            let name = takeName()
            guard !name.isEmpty else { throw GoTemplateError("unexpected '\(first)' in an action") }
            return .identifier(name)
        }
    }

    // MARK: Parts of words

    private mutating func quoted(_ quote: Unicode.Scalar) throws(GoTemplateError) -> String {
        position += 1
        let start = position
        while position < scalars.count, scalars[position] != quote, scalars[position] != "\n" {
            position += scalars[position] == "\\" ? 2 : 1
        }
        guard position < scalars.count, scalars[position] == quote else {
            throw GoTemplateError("unterminated quoted string")
        }
        defer { position += 1 }
        return try GoQuoted.unquote(scalars[start..<position], quote: quote)
    }

    private mutating func raw() throws(GoTemplateError) -> String {
        position += 1
        let start = position
        while position < scalars.count, scalars[position] != "`" { position += 1 }
        guard position < scalars.count else { throw GoTemplateError("unterminated raw quoted string") }
        defer { position += 1 }
        return Self.string(scalars[start..<position])
    }

    private mutating func number() throws(GoTemplateError) -> GoValue {
        let start = position
        position += 1
        while position < scalars.count, isNumberPart(at: position) { position += 1 }
        let word = Self.string(scalars[start..<position])
        guard let number = GoNumber.literal(word) else { throw GoTemplateError("bad number syntax: '\(word)'") }
        return number
    }

    private func isNumberPart(at index: Int) -> Bool {
        if Self.isNamePart(scalars[index]) || scalars[index] == "." { return true }
        guard scalars[index] == "+" || scalars[index] == "-" else { return false }
        return ["e", "E", "p", "P"].contains(scalars[index - 1])
    }

    private mutating func takeName() -> String {
        let start = position
        while position < scalars.count, Self.isNamePart(scalars[position]) { position += 1 }
        return Self.string(scalars[start..<position])
    }

    @discardableResult
    private mutating func skipBlanks() -> Bool {
        let start = position
        while position < scalars.count, Self.isBlank(scalars[position]) { position += 1 }
        return position > start
    }

    private func starts(with text: String) -> Bool {
        let wanted = text.unicodeScalars
        guard position + wanted.count <= scalars.count else { return false }
        return scalars[position..<(position + wanted.count)].elementsEqual(wanted)
    }

    private func isDigit(at index: Int) -> Bool {
        index < scalars.count && ("0"..."9").contains(scalars[index])
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\r" || scalar == "\n"
    }

    private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType == .decimal
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }
}

extension GoTemplateError {
    /// The same with the action in which it was found.
    func within(_ action: String) -> GoTemplateError {
        let part = action.split(separator: "\n", omittingEmptySubsequences: false).first.map(String.init) ?? action
        return GoTemplateError("\(description), in \(part.count > 60 ? part.prefix(57) + "..." : part[...])")
    }
}
