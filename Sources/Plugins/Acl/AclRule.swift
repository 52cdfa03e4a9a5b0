import DNSServer
import DNSWire

/// One `acl` of a block.
struct AclRule: Sendable {
    let zones: ZoneScope
    private let policies: [AclPolicy]
    /// Whether two askers may be treated differently.
    let dependsOnAsker: Bool

    init(_ configuration: AclConfiguration) {
        zones = ZoneScope(configuration.zones)
        policies = configuration.policies
        dependsOnAsker = policies.contains { $0.networks != nil }
    }

    /// What becomes of `query`, whose name is in the zones; nil when no policy is for it.
    ///
    /// Whose address is not known is blocked, as in CoreDNS.
    func action(for query: Query) -> AclPolicy.Action? {
        guard let address = query.client.address else { return .block }
        return policies.first { $0.matches(query.type, address) }?.action
    }
}
