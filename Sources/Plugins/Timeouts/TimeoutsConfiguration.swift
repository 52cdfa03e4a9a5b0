import Corefile
import DNSServer

/// What `timeouts` is told.
struct TimeoutsConfiguration: Sendable {
    /// What is to be otherwise than usual.
    var changes = ConnectionSettings.Changes()

    /// CoreDNS's limits.
    private static let shortest = Duration.seconds(1)
    private static let longest = Duration.seconds(24 * 3_600)

    static let directive = DirectiveDeclaration<TimeoutsConfiguration>(
        name: "timeouts", summary: "sets how long clients of connections are waited for, and how much each may ask",
        oncePerBlock: false,
        options: [
            time("read", "until the first query of a connection is there", "3s", \.changes.readTime),
            time("write", "until the client has taken a reply", "5s", \.changes.writeTime),
            time("idle", "until the next query of a connection is there", "10s", \.changes.idleTime),
            .init(
                "maxtcpqueries", usage: "MAXIMUM", "how many queries a connection may ask; -1 for any number",
                defaultText: "-1"
            ) { configuration, reader throws(ConfigurationError) in
                configuration.changes.queryLimit = try queryLimit(&reader)
            },
        ],
        unknownOption: { "unknown option: '\($0)'" },
        check: { configuration, reader throws(ConfigurationError) in
            guard configuration.changes.isEmpty else { return }
            throw reader.fail(
                .wrongArgumentCount, "timeouts block with no timeouts specified",
                hint: "set read, write, idle or maxtcpqueries in a block, or remove the directive")
        })

    private static func time(
        _ name: String, _ summary: String, _ defaultText: String,
        _ path: any WritableKeyPath<TimeoutsConfiguration, Duration?> & Sendable
    ) -> OptionDeclaration<TimeoutsConfiguration> {
        .init(name, usage: "DURATION", summary, defaultText: defaultText) {
            configuration, reader throws(ConfigurationError) in
            configuration[keyPath: path] = try duration(name, &reader)
        }
    }

    private static func duration(
        _ name: String, _ reader: inout ArgumentReader
    ) throws(ConfigurationError) -> Duration {
        let token = try reader.next("a duration")
        try reader.finish()
        // A number without a unit counts seconds.
        let text = Int(token.text) == nil ? token.text : token.text + "s"
        guard let duration = try? GoDuration.parse(text) else {
            throw reader.fail(
                .invalidValue, "failed to parse duration '\(QuotedText.excerpt(text))'",
                hint: "\(name) is written like 30s, 5m or 30", at: token)
        }
        guard duration >= shortest, duration <= longest else {
            throw reader.fail(
                .invalidValue,
                "timeout provided '\(GoDuration.print(duration))' needs to be between 1 second and 24 hours",
                hint: "\(name) is written like 30s, 5m or 30", at: token)
        }
        return duration
    }

    private static func queryLimit(_ reader: inout ArgumentReader) throws(ConfigurationError) -> Int {
        let token = try reader.next("a number")
        try reader.finish()
        let hint = "a connection is closed after so many queries; -1 allows any number"
        guard let number = Int(token.text) else {
            let text = QuotedText.excerpt(token.text)
            throw reader.fail(
                .invalidValue,
                "invalid value for maxtcpqueries '\(text)': strconv.Atoi: parsing \(QuotedText.doubleQuoted(text)): "
                    + "invalid syntax", hint: hint, at: token)
        }
        guard number > 0 || number == -1 else {
            throw reader.fail(
                .invalidValue,
                "maxtcpqueries provided '\(number)' needs to be -1 (unlimited) or a positive integer", hint: hint,
                at: token)
        }
        return number == -1 ? .max : number
    }
}
