/// How a reflector stands with the API server.
package enum ReflectorStanding: Sendable, Hashable {
    /// The objects are followed.
    case following
    /// The API server is there, and does not give what was asked for; the reflector tells why.
    case refused
    /// The API server is away: no connection, no reply, no valid credentials, or a reply that says so.
    ///
    /// The cause in words.
    case away(String)

    /// Whether it is the same but for the cause.
    func isLike(_ other: ReflectorStanding) -> Bool {
        switch (self, other) {
        case (.following, .following), (.refused, .refused), (.away, .away): true
        default: false
        }
    }
}
