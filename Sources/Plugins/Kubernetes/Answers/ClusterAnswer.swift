import DNSWire

/// What there is to say to a question.
enum ClusterAnswer {
    /// The records stand in the reply.
    case records
    /// The name exists and has no record of the type.
    case noData
    /// The name does not exist.
    case nameError
    /// The answer goes on at a name outside of the zone.
    case alias(AliasChain)
}

/// Aliases that lead from the question's name out of the zone.
struct AliasChain: Sendable {
    /// What each alias stands for, in order; the last is outside of the zone.
    var targets: [Name]

    /// How many aliases may precede one, as in CoreDNS.
    static let limit = 10
}
