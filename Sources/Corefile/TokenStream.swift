/// The words of a Corefile in reading order, imports put in place as they are met.
///
/// A stack of frames: an `import` line pushes the words of a snippet or of files, and a frame that is used up goes away.
struct TokenStream {
    struct Frame {
        let tokens: [Token]
        var index = 0
        /// The imports this frame lies within, outermost first, its own last; an import of one of them has no end.
        let origins: [String]
    }

    let loader: any ConfigurationLoader
    let environment: EnvironmentReferences
    var budget: ParseBudget
    var snippets: [String: Snippet] = [:]
    /// All files read, each once, in the order of reading.
    private(set) var files: [String]
    var warnings: [ConfigurationWarning] = []
    /// The last word handed out: the place of an error at the end of the text.
    private(set) var last: Token
    private var frames: [Frame] = []
    private var filesSeen: Set<String>

    /// Makes the stream of one file.
    ///
    /// - Throws: `limitExceeded` and `syntax` from cutting the text into words.
    init(
        bytes: [UInt8], file: String, environment: [String: String], limits: Corefile.Limits,
        loader: any ConfigurationLoader
    ) throws(ConfigurationError) {
        self.loader = loader
        self.environment = EnvironmentReferences(environment: environment, maximumBytes: limits.wordBytes)
        self.budget = ParseBudget(limits)
        self.files = [file]
        self.filesSeen = [file]
        self.last = Token("", file: file, line: 1, column: 1)
        try budget.takeBytes(bytes.count, at: last)
        let tokens = try Lexer.tokens(of: bytes, file: file, maximumTokens: budget.tokens)
        try budget.takeTokens(tokens.count, at: last)
        self.frames = [Frame(tokens: tokens, origins: ["file " + FilePath.clean(file)])]
    }

    /// The next word, without taking it.
    var next: Token? {
        var depth = frames.count - 1
        while depth >= 0, frames[depth].index >= frames[depth].tokens.count { depth -= 1 }
        guard depth >= 0 else { return nil }
        let index = frames[depth].index
        var token = frames[depth].tokens[index]
        // What an import puts in place begins a line, and so does what stands after it.
        token.startsLine = token.startsLine || index == 0 || depth < frames.count - 1
        return token
    }

    /// Takes the next word.
    mutating func take() -> Token? {
        guard let token = next else { return nil }
        while let frame = frames.last, frame.index >= frame.tokens.count { frames.removeLast() }
        frames[frames.count - 1].index += 1
        last = token
        return token
    }

    /// Takes the next word if it stands on the line of the word before it.
    mutating func takeOnLine() -> Token? {
        guard let token = next, !token.startsLine else { return nil }
        return take()
    }

    /// The word with environment references replaced.
    mutating func replaced(_ token: Token) throws(ConfigurationError) -> Token {
        let result = try environment.replace(in: token)
        if result.text.utf8.count > token.text.utf8.count { try budget.takeBytes(result.text.utf8.count, at: token) }
        return result
    }

    /// The imports that the word just taken lies within.
    var origins: [String] { frames.last?.origins ?? [] }

    mutating func push(_ tokens: [Token], origins: [String]) {
        if !tokens.isEmpty { frames.append(Frame(tokens: tokens, origins: origins)) }
    }

    mutating func noteFile(_ path: String) {
        if filesSeen.insert(path).inserted { files.append(path) }
    }

    /// An error at the last word, for text that ends too early.
    func unexpectedEnd(hint: String) -> ConfigurationError {
        ConfigurationError(.syntax, "Unexpected EOF", at: last, hint: hint)
    }
}
