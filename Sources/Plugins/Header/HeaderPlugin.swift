import Corefile
import DNSServer
import DNSWire

/// `header`: sets and clears flags in the headers of queries and replies.
final class HeaderPlugin: ReplyHandler {
    /// What one use of the directive says.
    struct Rules: Sendable {
        /// What becomes of queries on their way to the plugins behind.
        var query = HeaderFlags()
        /// What becomes of replies of the plugins behind.
        var response = HeaderFlags()

        var isEmpty: Bool { query.isEmpty && response.isEmpty }
    }

    /// The first of several uses that changes anything counts.
    static let definition = PluginDefinition("header") { directives, context throws(ConfigurationError) in
        let uses = try directive.readEach(directives, serverZones: context.block.zones, initial: Rules())
        guard let rules = uses.first(where: { !$0.isEmpty }) else {
            throw ConfigurationError(
                .wrongArgumentCount, "Wrong argument count or unexpected line ending after 'header'",
                at: directives[0].name, hint: "give it a block with lines like 'response set ra'", plugin: "header")
        }
        return DeclaredPlugin("header", .leavesQuestionsAlone) { _ in HeaderPlugin(rules) }
    }

    /// A line sets or clears flags in queries or in replies; in replies if it does not say.
    private static let directive = DirectiveDeclaration<Rules>(
        name: "header", oncePerBlock: false,
        otherwise: .init("[query|response]", repetition: .adds) { rules, reader throws(ConfigurationError) in
            let selector = reader.subject
            switch selector.text.lowercased() {
            case "query": try rules.query.add(try reader.optionalNext(), &reader)
            case "response": try rules.response.add(try reader.optionalNext(), &reader)
            case "set", "clear": try rules.response.add(selector, &reader)
            default:
                throw reader.fail(
                    .unknownOption,
                    "setting up rule: invalid selector=\(QuotedText.excerpt(selector.text.lowercased())) "
                        + "should be query or response",
                    hint: "a line is written like 'response set ra'")
            }
        })

    private let rules: Rules

    init(_ rules: Rules) {
        self.rules = rules
    }

    func handle(_ query: Query) -> Verdict {
        if !rules.query.isEmpty { query.setFlags(rules.query.applied(to: query.header.flags)) }
        return .next
    }

    func finish(_ query: Query) -> ReplyVerdict {
        // The bare reply to a query that failed is the server's own, not that of a plugin behind.
        guard query.hasReply, !query.isDropped, query.failure == nil else { return .done }
        query.reply.header.flags = rules.response.applied(to: query.reply.header.flags)
        return .done
    }
}
