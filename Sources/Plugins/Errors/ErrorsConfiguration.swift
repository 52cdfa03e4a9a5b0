import Corefile
import LinearRegex
import Logging

/// What `errors` is told.
struct ErrorsConfiguration: Sendable {
    /// `consolidate`: errors that are counted and reported together.
    struct Pattern: Sendable {
        /// How long errors are collected before one line says how many there were.
        var period: Duration
        var text: String
        var regex: Regex
        var level = Logger.Level.error
        /// Whether the first of a period has a line of its own.
        var showsFirst = false
    }

    /// In the order of the Corefile; the first that matches counts.
    var patterns: [Pattern] = []
    /// `stacktrace` was asked for.
    var wantsStackTrace = false

    static let maximumPatternLength = 10_000

    static let directive = DirectiveDeclaration<ErrorsConfiguration>(
        name: "errors", summary: "logs why queries failed",
        arguments: .init(usage: "[stdout]", summary: "where lines go; there is no other place", defaultText: "stdout") {
            _, reader throws(ConfigurationError) in
            guard reader.upcoming != nil else { return }
            _ = try reader.choice("log file", ["stdout"]) { "invalid log file: \($0.text)" }
        },
        options: [
            .init("stacktrace", "accepted: a fault always leaves a trace", defaultText: "on") {
                configuration, reader throws(ConfigurationError) in
                try reader.finish()
                configuration.wantsStackTrace = true
            },
            .init(
                "consolidate", usage: "DURATION REGEXP [debug|info|warning|error] [show_first]",
                "count the errors that match, and report the count once a DURATION", repetition: .adds
            ) { configuration, reader throws(ConfigurationError) in
                configuration.patterns.append(try pattern(&reader))
            },
        ],
        unknownOption: { "Unknown field \($0)" })

    private static func pattern(_ reader: inout ArgumentReader) throws(ConfigurationError) -> Pattern {
        let period = try reader.duration("DURATION", min: .milliseconds(1)) { problem in
            problem.kind == .malformed ? problem.message : nil
        }
        let text = try reader.next("REGEXP").text
        guard text.utf8.count <= maximumPatternLength else {
            throw reader.fail(
                .invalidValue, "regex pattern too long: \(text.utf8.count) > \(maximumPatternLength)")
        }
        var pattern: Pattern
        do {
            pattern = Pattern(period: period, text: text, regex: try Regex(text))
        } catch {
            throw reader.fail(.invalidValue, "error parsing regexp: \(error)")
        }
        try readTail(&reader, into: &pattern)
        return pattern
    }

    private static let levels: [String: Logger.Level] = [
        "debug": .debug, "info": .info, "warning": .warning, "error": .error,
    ]

    private static func readTail(
        _ reader: inout ArgumentReader, into pattern: inout Pattern
    ) throws(ConfigurationError) {
        var hasLevel = false
        while let token = try reader.optionalNext() {
            if let level = levels[token.text] {
                guard !hasLevel else {
                    throw reader.fail(.invalidValue, "multiple log levels specified in consolidate")
                }
                guard !pattern.showsFirst else {
                    throw reader.fail(.invalidValue, "log level must come before show_first in consolidate")
                }
                pattern.level = level
                hasLevel = true
            } else if token.text == "show_first" {
                pattern.showsFirst = true
            } else {
                throw reader.fail(
                    .invalidValue, "unknown option in consolidate: \(QuotedText.excerpt(token.text))",
                    hint: "expected one of: debug, info, warning, error, show_first")
            }
        }
    }
}
