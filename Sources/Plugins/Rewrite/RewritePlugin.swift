import Corefile
package import DNSServer

/// Changes queries before the plugins behind it see them, and their replies accordingly.
package final class RewritePlugin: Plugin {
    package let name = "rewrite"
    package let acceptsAllClasses: Bool

    /// Reads every `rewrite` of a server block: one rule each, in their order.
    package static let definition = PluginDefinition("rewrite") { directives, context throws(ConfigurationError) in
        RewritePlugin(
            try directive.readEach(directives, serverZones: context.block.zones, initial: Words())
                .map { words throws(ConfigurationError) in
                    var reader = RuleReader(words.directive ?? directives[0].name, words.words)
                    return try reader.read()
                })
    }

    /// The words of one rule.
    struct Words: Sendable {
        var directive: Token?
        var words: [Token] = []
    }

    /// The words of a rule stand on its line, or, where that has at most one, also in its block: how they are spread over lines does not
    /// matter.
    static let directive = DirectiveDeclaration<Words>(
        name: "rewrite", summary: "changes queries, and their replies accordingly", oncePerBlock: false,
        arguments: .init(
            usage: "[continue|stop] FIELD FROM TO...",
            summary: "the rule; FIELD is name, type, class, edns0, ttl, cname or rcode"
        ) { words, reader throws(ConfigurationError) in
            words.directive = reader.subject
            words.words = try reader.remaining()
        },
        otherwise: .init("FIELD FROM TO...", "the words of the rule") { words, reader throws(ConfigurationError) in
            words.words += [reader.subject] + reader.remainingBeforeBrace()
        })

    private let rules: [RewriteRule]

    init(_ rules: [RewriteRule]) {
        self.rules = rules
        acceptsAllClasses = rules.contains(where: \.isForOtherClasses)
    }

    package func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        RewriteHandler(rules)
    }
}
