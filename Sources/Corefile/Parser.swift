/// Groups the words of a Corefile into server blocks, directives and lines of options.
///
/// The structure is settled before environment references are replaced: a variable can hold a brace without being one.
///
/// Differences from CoreDNS, which accepts these in silence: a server block without a key and a `}` that closes nothing are errors. A
/// brace in quotation marks is an ordinary word.
struct Parser {
    var stream: TokenStream
    private let defaultPort: Int
    /// Names of directives besides those of CoreDNS.
    let plugins: Set<String>
    private var blocks: [ServerBlockSource] = []
    private var keyCount = 0

    private init(stream: TokenStream, defaultPort: Int, plugins: Set<String>) {
        self.plugins = plugins
        self.stream = stream
        self.defaultPort = defaultPort
    }

    /// The Corefile that a stream holds.
    static func parse(
        _ stream: TokenStream, defaultPort: Int, plugins: Set<String> = []
    ) throws(ConfigurationError) -> Corefile {
        var parser = Parser(stream: stream, defaultPort: defaultPort, plugins: plugins)
        while parser.stream.next != nil {
            try parser.parseBlock()
        }
        var (blocks, warnings) = (parser.blocks, parser.stream.warnings)
        if blocks.isEmpty {
            warnings.append(
                ConfigurationWarning(
                    message: "no server block: 'whoami' and 'log' are served for all names, as without a Corefile",
                    token: parser.stream.last))
            blocks = try Corefile.parse(text: Corefile.builtInText(port: defaultPort), defaultPort: defaultPort).blocks
        }
        return Corefile(blocks: blocks, files: parser.stream.files, warnings: warnings)
    }

    private mutating func parseBlock() throws(ConfigurationError) {
        var brace: Token?
        let keys = try parseKeys(&brace)
        guard let first = keys.first else {
            // An import of nothing, at the end of the file.
            guard let place = brace else { return }
            throw ConfigurationError(
                .syntax, "server block without a zone", at: place,
                hint: "name the zones before the brace, '.' for all names; is an environment variable not set?")
        }
        if keys.count == 1, first.text.hasPrefix("("), first.text.hasSuffix(")") {
            return try parseSnippet(first, brace)
        }
        let directives = try parseDirectives(of: first, brace)
        try blocks.append(ServerBlockSource(keys: expand(keys), directives: directives))
    }

    private mutating func expand(_ tokens: [Token]) throws(ConfigurationError) -> [ServerKey] {
        var keys: [ServerKey] = []
        for token in tokens {
            let more = try ServerKey.keys(of: token, defaultPort: defaultPort)
            for key in more where key.matchesNothing {
                stream.warnings.append(
                    ConfigurationWarning(
                        message: "the zone \(QuotedText.excerpt(key.zone)) matches no name: leave the first dot out",
                        token: token))
            }
            keys += more
            guard keyCount + keys.count <= stream.budget.limits.keys else {
                throw ConfigurationError(
                    .limitExceeded, "too many zones", at: token,
                    hint: "all server blocks together may serve \(stream.budget.limits.keys) zones")
            }
        }
        keyCount += keys.count
        return keys
    }

    /// The words before a server block's brace; with braces left out, the words of its first line.
    ///
    /// A comma at the end of a word says that another follows, which may stand on the next line.
    private mutating func parseKeys(_ brace: inout Token?) throws(ConfigurationError) -> [Token] {
        var keys: [Token] = []
        var expectsAnother = false
        while let token = stream.next {
            if token.isOpeningBrace {
                guard !expectsAnother else {
                    throw ConfigurationError(
                        .syntax, "Expected another address but had '{' - check for extra comma", at: token)
                }
                brace = stream.take()
                return keys
            }
            if !keys.isEmpty, token.startsLine, !expectsAnother { return keys }
            if stream.isAtImport {
                try stream.expandImport()
                continue
            }
            guard !token.isClosingBrace else { throw Self.strayBrace(token) }
            _ = stream.take()
            var key = try stream.replaced(token)
            guard !key.text.isEmpty else { continue }
            guard !token.endsInBrace else { throw Self.gluedBrace(token) }
            expectsAnother = key.text.utf8.last == UInt8(ascii: ",")
            if expectsAnother { key.text.unicodeScalars.removeLast() }
            keys.append(key)
        }
        if expectsAnother { throw stream.unexpectedEnd(hint: "the comma says that another zone follows") }
        return keys
    }

    private mutating func parseSnippet(_ key: Token, _ brace: Token?) throws(ConfigurationError) {
        guard let brace else {
            let found = stream.next
            throw ConfigurationError(
                .syntax, "Syntax error: Unexpected token '\(QuotedText.excerpt(found?.text ?? ""))', expecting '{'",
                at: found ?? key, hint: "a snippet needs braces")
        }
        let name = String(key.text.dropFirst().dropLast())
        if let earlier = stream.snippets[name] {
            throw ConfigurationError(
                .duplicateSnippet, "redeclaration of previously declared snippet \(QuotedText.excerpt(name))", at: key,
                hint: "first declared at \(earlier.name.place)")
        }
        let body = try snippetBody(brace)
        for (index, token) in body.enumerated().dropFirst()
        where body[index - 1].text == "import" && (index == 1 || body[index - 1].startsLine) && !token.startsLine {
            guard try stream.replaced(token).text != name else {
                throw stream.budget.snippetDepthError(at: token, hint: "the snippet imports itself")
            }
        }
        var named = key
        named.text = name
        stream.snippets[name] = Snippet(name: named, tokens: body)
    }

    /// The words up to the brace that matches; imports among them are carried out where the snippet is used.
    private mutating func snippetBody(_ brace: Token) throws(ConfigurationError) -> [Token] {
        var (body, depth) = ([Token](), 1)
        while let token = stream.take() {
            if token.isOpeningBrace { depth += 1 }
            if token.isClosingBrace { depth -= 1 }
            if depth == 0 { return body }
            body.append(token)
        }
        throw unclosed(brace, "snippet")
    }

    func unclosed(_ brace: Token, _ what: String) -> ConfigurationError {
        ConfigurationError(
            .syntax, "Syntax error: Unexpected token '\(QuotedText.excerpt(stream.last.text))', expecting '}'",
            at: stream.last, hint: "the \(what) opened at \(brace.place) is never closed")
    }

    /// A brace that is part of a word opens nothing; what comes after it would then make no sense, at another place.
    static func gluedBrace(_ token: Token) -> ConfigurationError {
        ConfigurationError(
            .syntax, "'{' is part of the word '\(QuotedText.excerpt(token.text))' and opens nothing", at: token,
            hint: "put a blank in front of the brace")
    }

    static func strayBrace(_ token: Token) -> ConfigurationError {
        ConfigurationError(
            .syntax, "Unexpected '}' because no matching opening brace", at: token,
            hint: "put the closing brace of a server block on a line of its own")
    }
}
