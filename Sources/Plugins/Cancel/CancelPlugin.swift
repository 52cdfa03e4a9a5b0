import Corefile
import DNSServer

/// `cancel`: gives every query a deadline, by which whatever waits for something has to end.
final class CancelPlugin: QueryHandler {
    /// The last of several uses counts, and a millisecond more than the five seconds that most clients wait where it says nothing.
    static let definition = PluginDefinition.handler(
        .init(name: "cancel", oncePerBlock: false, arguments: .init(read: read)), initial: usual,
        .leavesQuestionsAlone
    ) { CancelPlugin(timeout: $0) }

    private static let usual = Duration.milliseconds(5_001)

    private static let read: DirectiveDeclaration<Duration>.Read = { timeout, reader throws(ConfigurationError) in
        guard let token = try reader.optionalNext() else { return timeout = usual }
        let text = QuotedText.doubleQuoted(QuotedText.excerpt(token.text))
        guard let duration = try? GoDuration.parse(token.text) else {
            throw reader.fail(
                .invalidValue, "invalid duration: \(text)", hint: "TIMEOUT is written like 500ms, 5s or 1m30s")
        }
        guard duration > .zero else {
            throw reader.fail(
                .invalidValue, "invalid negative duration: \(text)", hint: "TIMEOUT must be longer than nothing")
        }
        timeout = duration
    }

    /// Nanoseconds.
    private let timeout: UInt64

    init(timeout: Duration) {
        self.timeout = timeout.wholeNanoseconds
    }

    func handle(_ query: Query) -> Verdict {
        // A lookup may have an earlier one, that of the query that asks.
        query.deadline = min(query.deadline, query.arrival &+ timeout)
        return .next
    }
}
