/// How long an upstream takes to reply, as one worker sees it, and how long to wait for it before something else is tried.
///
/// Units: nanoseconds.
/// Source: RFC 6298 §2 for the estimate and §5.5 for what is waited while there is none; the bounds are ours.
struct RoundTrip {
    private var mean: UInt64 = 0
    private var deviation: UInt64 = 0
    /// The least that a reply has taken so far.
    private var fastest = UInt64.max
    /// How often the time before the same is sent again has been doubled, and when it last was.
    private var doublings: UInt64 = 0
    private var doubledAt: UInt64 = 0

    /// What an upstream that nothing is known of has.
    private static let unknown: UInt64 = 200_000_000
    /// A resolver that is asked for something new must ask others first: less would ask twice for no good reason.
    static let shortest: UInt64 = 100_000_000
    /// Who waits for longer than half a second begins to notice; the second try needs some of that.
    ///
    /// Where all take longer it is of no use.
    static let usualLongest: UInt64 = 300_000_000
    static let longest: UInt64 = 2_000_000_000
    /// The least before the same upstream is sent the same again.
    private static let shortestRepeat: UInt64 = 250_000_000
    private static let mostDoublings: UInt64 = 3

    /// A reply came after `time`, and it is known to which message.
    mutating func add(_ time: UInt64) {
        doublings = 0
        fastest = min(fastest, time)
        guard mean > 0 else {
            (mean, deviation) = (max(time, 1), time / 2)
            return
        }
        let difference = time > mean ? time - mean : mean - time
        deviation = deviation - deviation / 4 + difference / 4
        mean = max(1, mean - mean / 8 + time / 8)
    }

    /// A reply came `time` after the first and `timeSinceLast` after the last of the messages that it may be to.
    ///
    /// Nobody is faster than ever before just then: what comes too soon for the last message is the reply to the first (RFC 6298 §3 leaves
    /// out only what cannot be told apart). What comes when the reply to the last is due says that one was lost, and no more.
    mutating func add(_ time: UInt64, timeSinceLast: UInt64) {
        if mean > 0, timeSinceLast < fastest { return add(time) }
        if mean > 0, timeSinceLast <= patience { doublings = 0 }
    }

    /// A message was sent again at `now`, for want of a reply.
    ///
    /// Many that wait at a time are one sign: the time is doubled once in as long as it is (RFC 6298 §5.5).
    mutating func noteRepeat(at now: UInt64) {
        guard doublings == 0 || now &- doubledAt >= repeatAfter else { return }
        doublings = min(doublings + 1, Self.mostDoublings)
        doubledAt = now
    }

    /// How long others are waited for that are asked beside this one: half as long again as a reply takes.
    var usual: UInt64 { mean > 0 ? min(mean, Self.longest) * 3 / 2 : Self.unknown }

    /// How long a reply is waited for before it counts as late.
    var patience: UInt64 {
        guard mean > 0 else { return Self.unknown }
        let (time, overflow) = mean.addingReportingOverflow(max(4 &* min(deviation, Self.longest), mean / 4))
        return overflow ? Self.longest : min(max(time, Self.shortest), Self.longest)
    }

    /// How long it is waited for before the same upstream is sent the same again.
    var repeatAfter: UInt64 { min(max(patience, Self.shortestRepeat) << doublings, Self.longest) }
}
