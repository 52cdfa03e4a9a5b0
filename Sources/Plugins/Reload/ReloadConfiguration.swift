import Corefile

/// What `reload` is told.
struct ReloadConfiguration: Sendable {
    /// How often the Corefile is read.
    var interval = Duration.seconds(30)
    /// How much the interval varies, half of it up and half of it down; at most half the interval.
    var jitter = Duration.seconds(15)

    private static let minimumInterval = Duration.seconds(2)
    private static let minimumJitter = Duration.seconds(1)

    static let directive = DirectiveDeclaration<ReloadConfiguration>(
        name: "reload", summary: "looks at the Corefile from time to time and serves what it says when it has changed",
        arguments: .init(
            usage: "[INTERVAL] [JITTER]", summary: "how often to look, and by how much that varies",
            defaultText: "30s 15s"
        ) { configuration, reader throws(ConfigurationError) in
            if reader.upcoming != nil {
                configuration.interval = try reader.duration("INTERVAL", min: minimumInterval) { problem in
                    problem.kind == .outOfRange
                        ? "interval value must be greater or equal to \(GoDuration.print(minimumInterval))" : nil
                }
            }
            if reader.upcoming != nil { configuration.jitter = try jitter(&reader) }
            configuration.jitter = min(configuration.jitter, configuration.interval / 2)
        })

    private static func jitter(_ reader: inout ArgumentReader) throws(ConfigurationError) -> Duration {
        let jitter = try reader.duration("JITTER")
        guard jitter == .zero || jitter >= minimumJitter else {
            throw reader.fail(
                .invalidValue,
                "jitter value must be 0 or greater or equal to \(GoDuration.print(minimumJitter))")
        }
        return jitter
    }
}
