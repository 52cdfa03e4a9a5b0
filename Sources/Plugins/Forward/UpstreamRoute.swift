/// What one worker keeps of one upstream: its sockets, and how long the upstream takes.
struct UpstreamRoute {
    var pool = UpstreamSocketPool()
    private var datagrams = RoundTrip()
    private var connections = RoundTrip()

    /// Some are opened first, with a handshake or two; units: nanoseconds.
    private static let shortestOverConnections: UInt64 = 400_000_000

    /// How long a reply is waited for before something else is tried, in nanoseconds.
    func patience(_ channel: ForwardAttempts.Channel) -> UInt64 {
        channel == .udp ? datagrams.patience : max(connections.patience, Self.shortestOverConnections)
    }

    /// A reply came `time` nanoseconds after its query, which was sent once.
    mutating func add(_ time: UInt64, _ channel: ForwardAttempts.Channel) {
        if channel == .udp { datagrams.add(time) } else { connections.add(time) }
    }
}
