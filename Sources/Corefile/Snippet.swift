/// A named piece of a Corefile: `(name) { ... }`, put in place by `import name`.
///
/// Difference from CoreDNS, which takes no arguments here: `import name A B` replaces `{args[0]}` or `{args.0}` by `A`
/// and so on. An import without arguments leaves such text alone, so that CoreDNS's own Corefiles mean the same.
struct Snippet {
    let name: Token
    let tokens: [Token]
    /// How many arguments the body uses: the highest index plus one.
    let argumentCount: Int

    /// The highest argument index that is understood.
    private static let maximumIndex = 99

    init(name: Token, tokens: [Token]) {
        self.name = name
        self.tokens = tokens
        var count = 0
        for token in tokens {
            for reference in Self.references(in: token.text) { count = max(count, reference.index + 1) }
        }
        self.argumentCount = count
    }

    /// The body with arguments in place.
    ///
    /// - Throws: `invalidImport` when the number of arguments is not the number the body uses; `limitExceeded` when the
    ///   text grows past `budget`.
    func expanded(
        with arguments: [Token], at place: Token, budget: inout ParseBudget
    ) throws(ConfigurationError) -> [Token] {
        if arguments.isEmpty { return tokens }
        guard arguments.count == argumentCount else {
            throw ConfigurationError(
                .invalidImport,
                argumentCount == 0
                    ? "Import takes only one argument (glob pattern or file)"
                    : "Wrong argument count or unexpected line ending after '\(QuotedText.excerpt(place.text))'",
                at: place,
                hint: "snippet '\(QuotedText.excerpt(name.text))' uses \(argumentCount) arguments; "
                    + "\(arguments.count) are given")
        }
        var result: [Token] = []
        result.reserveCapacity(tokens.count)
        for token in tokens {
            try result.append(Self.replace(in: token, arguments, &budget))
        }
        return result
    }

    private static func replace(
        in token: Token, _ arguments: [Token], _ budget: inout ParseBudget
    ) throws(ConfigurationError) -> Token {
        let references = references(in: token.text)
        guard !references.isEmpty else { return token }
        var (text, position) = ("", token.text.startIndex)
        for reference in references where reference.index < arguments.count {
            text += token.text[position..<reference.range.lowerBound]
            text += arguments[reference.index].text
            position = reference.range.upperBound
            try budget.checkWord(text.utf8.count, at: token)
        }
        text += token.text[position...]
        try budget.takeBytes(text.utf8.count, at: token)
        var result = token
        result.text = text
        return result
    }

    private struct Reference {
        let index: Int
        let range: Range<String.Index>
    }

    private static func references(in text: String) -> [Reference] {
        guard text.utf8.count >= "{args.0}".utf8.count else { return [] }
        var (found, rest) = ([Reference](), text[...])
        while let brace = rest.firstIndex(of: "{") {
            rest = rest[brace...]
            if let reference = reference(startingIn: rest) {
                found.append(reference)
                rest = rest[reference.range.upperBound...]
            } else {
                rest = rest.dropFirst()
            }
        }
        return found
    }

    private static func reference(startingIn text: Substring) -> Reference? {
        for (start, end) in [("{args[", "]}"), ("{args.", "}")] where text.hasPrefix(start) {
            let digits = text.dropFirst(start.count).prefix { $0.isASCII && $0.isNumber }
            guard digits.count <= 2, let index = Int(digits), index <= maximumIndex else { continue }
            let rest = text[digits.endIndex...]
            guard rest.hasPrefix(end) else { continue }
            return Reference(index: index, range: text.startIndex..<rest.index(rest.startIndex, offsetBy: end.count))
        }
        return nil
    }
}
