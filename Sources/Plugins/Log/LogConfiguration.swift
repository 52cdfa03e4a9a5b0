import Corefile
import DNSWire

/// What one `log` is told.
struct LogConfiguration: Sendable {
    /// The names that queries are logged for, with all below them.
    var names: [Name] = [.root]
    var format = LogFormat(parsing: LogFormat.common)
    var classes: Set<ReplyClass> = []
    /// A lone argument that looks like a format and is taken for a name, as in CoreDNS.
    var misplacedFormat: String?

    static let directive = DirectiveDeclaration<LogConfiguration>(
        name: "log", summary: "writes a line for each query", oncePerBlock: false,
        arguments: .init(
            usage: "[NAMES...] [FORMAT]", summary: "which queries, and how a line looks; FORMAT only behind a name",
            defaultText: ". {common}"
        ) { configuration, reader throws(ConfigurationError) in
            try readArguments(&configuration, &reader)
        },
        options: [
            .init(
                "class", usage: "success|denial|error|all...", "which replies are logged", defaultText: "all",
                repetition: .adds
            ) { configuration, reader throws(ConfigurationError) in
                for token in try reader.remaining(atLeastOne: "a class") {
                    guard let known = ReplyClass(rawValue: token.text) else {
                        throw reader.fail(
                            .invalidValue, "invalid Class: \(QuotedText.excerpt(token.text))",
                            hint: "expected one of: success, denial, error, all", at: token)
                    }
                    configuration.classes.insert(known)
                }
            }
        ])

    private static func readArguments(
        _ configuration: inout LogConfiguration, _ reader: inout ArgumentReader
    ) throws(ConfigurationError) {
        var tokens = try reader.remaining()
        guard let last = tokens.last else { return }
        if tokens.count > 1, last.text.contains("{") {
            configuration.format = LogFormat(parsing: last.text)
            tokens.removeLast()
        } else if last.text.contains("{") {
            configuration.misplacedFormat = last.text
        }
        configuration.names = []
        for token in tokens {
            do {
                configuration.names.append(try Name(parsing: token.text).lowercased)
            } catch {
                throw reader.fail(
                    .invalidValue, "not a domain name: \(QuotedText.doubleQuoted(token.text))",
                    hint: "a format stands behind at least one name: log . FORMAT", at: token)
            }
        }
    }
}
