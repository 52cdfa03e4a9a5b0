/// Reads the arguments of a directive, or of one line of its block, one after the other.
///
/// The first mistake throws, at the word that is wrong. What a closure leaves unread is a mistake too, so that nothing a
/// user writes goes unnoticed.
package struct ArgumentReader {
    /// The plugin, for messages.
    package let plugin: String
    /// The name of the directive or option whose arguments are read.
    package let subject: Token
    /// The zones of the server block, which plugins without zone arguments take for theirs.
    package let serverZones: [String]
    /// The word read last; the place of an error if no other is given.
    package private(set) var last: Token

    private let tokens: [Token]
    private let closingBrace: Token?
    /// The names of the block's options.
    private let optionNames: [String]
    private var index = 0

    init(
        plugin: String, subject: Token, tokens: [Token], closingBrace: Token? = nil, optionNames: [String] = [],
        serverZones: [String]
    ) {
        self.plugin = plugin
        self.subject = subject
        self.tokens = tokens
        self.closingBrace = closingBrace
        self.optionNames = optionNames
        self.serverZones = serverZones
        self.last = subject
    }

    /// The next argument, without reading it; the block's closing brace is none.
    package var upcoming: Token? { index < tokens.count ? tokens[index] : nil }

    /// How many arguments are unread.
    package var count: Int { tokens.count - index }

    /// The next argument, or `nil` at the end of the line.
    ///
    /// - Throws: `wrongArgumentCount` when the block's closing brace stands where the argument could.
    package mutating func optionalNext() throws(ConfigurationError) -> Token? {
        guard let token = upcoming else {
            guard let closingBrace else { return nil }
            throw braceError(closingBrace)
        }
        index += 1
        last = token
        return token
    }

    /// The next argument, which must be there.
    ///
    /// - Parameter what: what the argument is, for the hint: `CAPACITY`, `a file`.
    /// - Throws: `wrongArgumentCount`.
    package mutating func next(_ what: String) throws(ConfigurationError) -> Token {
        guard let token = try optionalNext() else { throw missing(what) }
        return token
    }

    /// All unread arguments.
    ///
    /// - Throws: `wrongArgumentCount` when the block's closing brace stands on the line.
    package mutating func remaining() throws(ConfigurationError) -> [Token] {
        var result: [Token] = []
        while let token = try optionalNext() { result.append(token) }
        return result
    }

    /// All unread arguments, of which there must be one.
    ///
    /// - Throws: `wrongArgumentCount`.
    package mutating func remaining(atLeastOne what: String) throws(ConfigurationError) -> [Token] {
        let first = try next(what)
        return try [first] + remaining()
    }

    /// All unread arguments up to the end of the line or the block's closing brace, for plugins whose block is one list
    /// of words rather than a line an option (`rewrite`).
    package mutating func remainingBeforeBrace() -> [Token] {
        let result = Array(tokens[index...])
        index = tokens.count
        last = result.last ?? last
        return result
    }

    /// Checks that no argument is left.
    ///
    /// What may follow on the line of an option that takes a fixed number of arguments is the closing brace, and the name of another
    /// option: CoreDNS knows no lines between options. Difference from CoreDNS: it refuses some of those, and here none is.
    /// The declaration's reader calls it behind each option and behind the arguments of a directive. Who calls it earlier has the count
    /// looked at before the values.
    /// - Parameter count: how many more arguments may be there.
    /// - Throws: `wrongArgumentCount`.
    package func finish(behind count: Int = 0) throws(ConfigurationError) {
        guard index + count < tokens.count else { return }
        let token = tokens[index + count]
        guard !optionNames.contains(token.text) else { return }
        throw countError(
            after: token,
            hint: token == tokens.first ? "'\(name)' takes no arguments" : "too many arguments for '\(name)'")
    }

    /// An error of this plugin, to be thrown.
    ///
    /// - Parameter token: the word that is wrong; the last one read if none is given.
    package func fail(
        _ code: ConfigurationError.Code, _ message: String, hint: String? = nil, at token: Token? = nil
    ) -> ConfigurationError {
        let token = token ?? last
        return ConfigurationError(code, message, at: token, hint: naming(token, message, hint), plugin: plugin)
    }

    /// The hint, with the offending word where nothing else names it: CoreDNS's messages often do not.
    private func naming(_ token: Token, _ message: String, _ hint: String?) -> String? {
        let word = QuotedText.excerpt(token.text)
        let isNamed = message.contains(word) || hint?.contains(word) == true || token.text == plugin
        guard !isNamed, !word.isEmpty else { return hint }
        return "found '\(word)'" + (hint.map { "; \($0)" } ?? "")
    }

    /// The error for a missing argument, with CoreDNS's words for it.
    func missing(_ what: String) -> ConfigurationError {
        countError(after: last, hint: "'\(name)' needs \(what)")
    }

    private var name: String { QuotedText.excerpt(subject.text) }

    private func braceError(_ brace: Token) -> ConfigurationError {
        countError(after: brace, hint: "put the closing brace on a line of its own")
    }

    private func countError(after token: Token, hint: String) -> ConfigurationError {
        fail(
            .wrongArgumentCount,
            "Wrong argument count or unexpected line ending after '\(QuotedText.excerpt(token.text))'", hint: hint,
            at: token)
    }
}
