/// What is left of the limits while one Corefile is parsed.
struct ParseBudget {
    let limits: Corefile.Limits
    private(set) var bytes: Int
    private(set) var tokens: Int
    private var snippetImports = 0
    private var fileImports = 0

    init(_ limits: Corefile.Limits) {
        self.limits = limits
        self.bytes = limits.bytes
        self.tokens = limits.tokens
    }

    mutating func takeBytes(_ count: Int, at token: Token) throws(ConfigurationError) {
        guard count <= bytes else {
            throw ConfigurationError(
                .limitExceeded, "the configuration is too large", at: token,
                hint: "all files together may hold \(limits.bytes) bytes")
        }
        bytes -= count
    }

    mutating func takeTokens(_ count: Int, at token: Token) throws(ConfigurationError) {
        guard count <= tokens else {
            throw ConfigurationError(
                .limitExceeded, "too many words", at: token,
                hint: "the Corefile with its imports may hold \(limits.tokens) words")
        }
        tokens -= count
    }

    func checkWord(_ bytes: Int, at token: Token) throws(ConfigurationError) {
        guard bytes <= limits.wordBytes else {
            throw ConfigurationError(
                .limitExceeded, "the word is too long", at: token,
                hint: "after replacing references a word may have \(limits.wordBytes) bytes")
        }
    }

    mutating func takeSnippetImport(at token: Token) throws(ConfigurationError) {
        snippetImports += 1
        guard snippetImports <= limits.snippetImports else { throw snippetDepthError(at: token, hint: nil) }
    }

    mutating func takeFileImport(at token: Token) throws(ConfigurationError) {
        fileImports += 1
        guard fileImports <= limits.fileImports else { throw fileDepthError(at: token, hint: nil) }
    }

    func snippetDepthError(at token: Token, hint: String?) -> ConfigurationError {
        ConfigurationError(
            .limitExceeded, "maximum snippet import depth (\(limits.snippetImports)) exceeded", at: token, hint: hint)
    }

    func fileDepthError(at token: Token, hint: String?) -> ConfigurationError {
        ConfigurationError(
            .limitExceeded, "maximum file import depth (\(limits.fileImports)) exceeded", at: token, hint: hint)
    }
}
