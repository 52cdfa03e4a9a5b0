import DNSWire

/// What there is to say to a question.
enum ClusterAnswer {
    /// The records stand in the reply.
    case records
    /// The name exists and has no record of the type.
    case noData
    /// The name does not exist.
    case nameError
    /// The answer goes on at a name that the whole server has to be asked for: mostly one outside of the zone.
    case alias(AliasChain)
}

/// Aliases that lead from the question's name to one that the whole server has to be asked for.
struct AliasChain: Sendable {
    /// What each alias stands for, in order.
    var targets: [Name]

    /// How many aliases may precede one, as in CoreDNS.
    static let limit = 10
}
