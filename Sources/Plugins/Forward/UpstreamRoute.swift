/// What one worker keeps of one upstream: its sockets, and how long the upstream takes.
struct UpstreamRoute {
    var pool = UpstreamSocketPool()
    private var datagrams = RoundTrip()
    private var connections = RoundTrip()

    /// Some are opened first, with a handshake or two; units: nanoseconds.
    private static let shortestOverConnections: UInt64 = 400_000_000

    /// How long a reply is waited for before it counts as late, in nanoseconds.
    func patience(_ channel: ForwardAttempts.Channel) -> UInt64 {
        channel == .udp ? datagrams.patience : max(connections.patience, Self.shortestOverConnections)
    }

    /// Half as long again as a reply to a datagram takes, in nanoseconds.
    var usual: UInt64 { datagrams.usual }

    /// How long it is waited for before the same upstream is sent the same again, in nanoseconds.
    var repeatAfter: UInt64 { datagrams.repeatAfter }

    /// A datagram was sent again, for want of a reply.
    mutating func noteRepeat(at now: UInt64) { datagrams.noteRepeat(at: now) }

    /// A reply came on `leg`, `time` nanoseconds after it was first asked.
    mutating func note(_ leg: ForwardAttempts.Leg, after time: UInt64, now: UInt64) {
        if leg.channel == .tcp {
            connections.add(time)
        } else if leg.isRepeated {
            datagrams.add(time, timeSinceLast: now &- leg.lastSent)
        } else {
            datagrams.add(time)
        }
    }
}
