import Corefile

/// What `header` is told.
struct HeaderConfiguration: Sendable {
    /// What becomes of queries on their way to the plugins behind.
    var query = HeaderFlags()
    /// What becomes of replies of the plugins behind.
    var response = HeaderFlags()

    /// Whether it changes nothing.
    var isEmpty: Bool { query.isEmpty && response.isEmpty }

    static let directive = DirectiveDeclaration<HeaderConfiguration>(
        name: "header", summary: "sets and clears flags in the headers of queries and replies", oncePerBlock: false,
        otherwise: .init(
            "[query|response]", usage: "set|clear FLAGS...",
            "set or clear these flags, of aa, ra and rd, in queries or replies; in replies if not said",
            repetition: .adds
        ) { configuration, reader throws(ConfigurationError) in
            let selector = reader.subject
            switch selector.text.lowercased() {
            case "query": try configuration.query.add(try reader.optionalNext(), &reader)
            case "response": try configuration.response.add(try reader.optionalNext(), &reader)
            case "set", "clear": try configuration.response.add(selector, &reader)
            default:
                throw reader.fail(
                    .unknownOption,
                    "setting up rule: invalid selector=\(QuotedText.excerpt(selector.text.lowercased())) "
                        + "should be query or response",
                    hint: "a line is written like 'response set ra'")
            }
        })
}
