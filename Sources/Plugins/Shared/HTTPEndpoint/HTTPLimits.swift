/// The most that one HTTP address gives to those who ask; whoever reaches a port of a pod can ask.
struct HTTPLimits: Sendable {
    /// Connections at a time; all are accepted, and at the limit an old one makes room.
    var connections = 64
    /// Connections at a time from one source, which is an IPv4 address or an IPv6 network of 64 bits.
    var connectionsPerSource = 16
    /// How long a request may take to arrive, from its first octet on; of a new connection from the beginning.
    var requestTime = Duration.seconds(1)
    /// How long a connection may be silent between two requests, as in CoreDNS.
    var idleTime = Duration.seconds(5)
    /// How long a reply may take to be made and to be taken.
    var replyTime = Duration.seconds(10)
    /// Requests of one connection; then it is closed.
    var requests = 100
    /// How many later pages may have been made while a reader still takes an old one, each of which lies in memory.
    var laterPages = 4

    init() {}

    /// Limits for so many connections; where files are few, one source has fewer as well.
    init(connections: Int) {
        self.connections = connections
        connectionsPerSource = max(4, connections / 4)
    }
}
