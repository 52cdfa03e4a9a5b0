/// How long an upstream takes to reply, as one worker sees it, and how long to wait for it before something else is tried.
///
/// Units: nanoseconds.
/// Source: RFC 6298 §2 for the estimate; the bounds are ours.
struct RoundTrip {
    private var mean: UInt64 = 0
    private var deviation: UInt64 = 0

    /// What an upstream that nothing is known of has.
    private static let unknown: UInt64 = 200_000_000
    /// A resolver that is asked for something new must ask others first: less would ask twice for no good reason.
    static let shortest: UInt64 = 100_000_000
    /// Who waits for longer than half a second begins to notice; the second try needs some of that.
    static let longest: UInt64 = 300_000_000

    /// A reply came after `time`; only for queries that were sent once, since of others nobody knows which was answered.
    mutating func add(_ time: UInt64) {
        guard mean > 0 else {
            (mean, deviation) = (max(time, 1), time / 2)
            return
        }
        let difference = time > mean ? time - mean : mean - time
        deviation = deviation - deviation / 4 + difference / 4
        mean = max(1, mean - mean / 8 + time / 8)
    }

    /// How long a reply is waited for before another upstream is asked.
    var patience: UInt64 {
        guard mean > 0 else { return Self.unknown }
        let (time, overflow) = mean.addingReportingOverflow(4 &* min(deviation, Self.longest))
        return overflow ? Self.longest : min(max(time, Self.shortest), Self.longest)
    }
}
