import DNSServer

/// Sets the deadline of one worker's queries.
final class CancelHandler: QueryHandler {
    /// Nanoseconds.
    private let timeout: UInt64

    init(timeout: UInt64) {
        self.timeout = timeout
    }

    func handle(_ query: Query) -> Verdict {
        // A lookup may have an earlier one, that of the query that asks.
        query.deadline = min(query.deadline, query.arrival &+ timeout)
        return .next
    }
}
