import Corefile

/// What `cancel` is told.
struct CancelConfiguration: Sendable {
    /// How long a query may take.
    var timeout = Self.defaultTimeout

    /// A millisecond more than the five seconds that most clients wait.
    private static let defaultTimeout = Duration.milliseconds(5_001)

    static let directive = DirectiveDeclaration<CancelConfiguration>(
        name: "cancel", summary: "sets the time by which a query has its answer or fails", oncePerBlock: false,
        arguments: .init(
            usage: "[TIMEOUT]", summary: "how long a query may take, from when it came", defaultText: "5001ms"
        ) { configuration, reader throws(ConfigurationError) in
            configuration.timeout = try timeout(&reader)
        })

    private static func timeout(_ reader: inout ArgumentReader) throws(ConfigurationError) -> Duration {
        guard let token = try reader.optionalNext() else { return defaultTimeout }
        let text = QuotedText.doubleQuoted(QuotedText.excerpt(token.text))
        guard let timeout = try? GoDuration.parse(token.text) else {
            throw reader.fail(
                .invalidValue, "invalid duration: \(text)", hint: "TIMEOUT is written like 500ms, 5s or 1m30s")
        }
        guard timeout > .zero else {
            throw reader.fail(
                .invalidValue, "invalid negative duration: \(text)", hint: "TIMEOUT must be longer than nothing")
        }
        return timeout
    }
}
