/// How many requests a client sends at most.
package struct RequestLimits: Sendable, Hashable {
    /// Requests a second in the long run, watches aside; 0 means as many as there are.
    package var qps: Double
    /// How many requests may go out at once after a quiet time; at least one where ``qps`` is not 0.
    package var burst: Int
    /// How many requests may be without a reply at one time; 0 means as many as there are.
    ///
    /// A watch counts until the head of its reply has come, everything else until its reply is complete.
    package var maxInFlight: Int

    /// Creates limits.
    ///
    /// The default lets a large cluster be listed page by page without a pause, and stops a client gone wild.
    package init(qps: Double = 50, burst: Int = 100, maxInFlight: Int = 0) {
        self.qps = qps
        self.burst = burst
        self.maxInFlight = maxInFlight
    }
}
