/// How soon to try again.
package struct RetryPolicy: Sendable {
    /// The pause after the first failure; it doubles from there.
    package var base = Duration.milliseconds(60)
    /// The longest pause while the API server is away.
    ///
    /// Below two seconds, so that changes are followed again within that time after its return; refused connections
    /// cost it nothing.
    package var cap = Duration.milliseconds(1500)
    /// The longest pause while the API server answers but refuses.
    package var refusalCap = Duration.seconds(5)
    /// The longest pause that the API server can ask for.
    package var retryAfterCap = Duration.seconds(60)
    /// The pause before a kind of object that the API server does not know is asked for again, chosen anew each time.
    package var absentDelay: @Sendable () -> Duration = { .seconds(Int.random(in: 60...300)) }
    /// A random number from 0 to 1, so that not all servers of a cluster come back at the same moment.
    package var jitter: @Sendable () -> Double = { Double.random(in: 0...1) }

    /// Creates the default policy.
    package init() {}

    /// The pause before the next try, counted from the beginning of the last one.
    ///
    /// - Parameter attempt: how many tries failed in a row, at least 1.
    func delay(attempt: Int, failure: APIFailure) -> Duration {
        let isRefusal = if case .refused = failure { true } else { false }
        let limit = isRefusal ? refusalCap : cap
        let doublings = max(0, min(attempt - 1, 16))
        let delay = min(base * (1 << doublings), limit) * (0.5 + 0.5 * max(0, min(1, jitter())))
        guard let asked = failure.retryAfter else { return delay }
        return max(delay, min(asked, retryAfterCap))
    }
}
