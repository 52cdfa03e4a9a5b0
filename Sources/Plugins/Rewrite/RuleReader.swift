import Corefile

/// Reads one rule of the Corefile: all its words, of the line and of the block.
///
/// The messages are CoreDNS's, the hints ours. Kinds and actions are read in any case, as there.
struct RuleReader {
    private let directive: Token
    var words: [Token]
    private var last: Token

    init(_ directive: Token, _ words: [Token]) {
        self.directive = directive
        self.words = words
        last = directive
    }

    /// Reads the rule.
    ///
    /// - Throws: what is wrong, at the word that is.
    mutating func read() throws(ConfigurationError) -> RewriteRule {
        guard !words.isEmpty else {
            throw fail("no rule type specified for rewrite", hint: "write 'rewrite name FROM TO', for one")
        }
        var isLast = true
        let mode = words[0].text.lowercased()
        if mode == "continue" || mode == "stop" {
            _ = next()
            guard !words.isEmpty else { throw fail("\(mode) rule must begin with a rule type", hint: Self.kinds) }
            isLast = mode == "stop"
        }
        var rule = try readKind(next())
        rule.isLast = isLast
        return rule
    }

    private static let kinds = "the kinds are name, type, class, edns0, ttl, cname and rcode"

    private mutating func readKind(_ token: Token) throws(ConfigurationError) -> RewriteRule {
        switch token.text.lowercased() {
        case "name": return try readName()
        case "type": return try readType()
        case "class": return try readClass()
        case "edns0": return try readOption()
        case "ttl": return try readTTL()
        case "cname": return try readAlias()
        case "rcode": return try readCode()
        case "answer":
            throw fail(
                "response rewrites must begin with a name rule",
                hint: "write 'answer' behind the names of a name rule, or below it in its block")
        default:
            throw fail("invalid rule type \(QuotedText.doubleQuoted(token.text))", hint: Self.kinds)
        }
    }

    // MARK: Words

    /// The next word, which the caller knows to be there.
    mutating func next() -> Token {
        last = words.removeFirst()
        return last
    }

    func fail(_ message: String, hint: String? = nil, at token: Token? = nil) -> ConfigurationError {
        ConfigurationError(.invalidValue, message, at: token ?? last, hint: hint, plugin: directive.text)
    }
}
