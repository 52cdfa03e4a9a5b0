import Corefile

/// What one `acl` is told.
struct AclConfiguration: Sendable {
    /// The names that it is about.
    var zones: [String] = []
    /// The first that is for a query counts.
    var policies: [AclPolicy] = []

    static let directive = DirectiveDeclaration<AclConfiguration>(
        name: "acl", summary: "lets queries through by who asks, and for what type", oncePerBlock: false,
        arguments: .init(
            usage: "[ZONES...]", summary: "the names that it is about", defaultText: "the zones of the server block"
        ) { configuration, reader throws(ConfigurationError) in
            configuration.zones = try reader.zones()
        },
        otherwise: .init(
            "allow|block|filter|drop", usage: "[type QTYPE...|*] [net CIDR...|*]",
            "what becomes of queries of these types from these networks; of all types, and from everybody, if not said",
            repetition: .adds
        ) { configuration, reader throws(ConfigurationError) in
            configuration.add(try AclPolicy.Line(&reader))
        })

    /// Adds a line.
    ///
    /// Lines one behind the other that differ in their networks alone are one policy, so that a list with a network a line costs what one
    /// with all in a line does.
    private mutating func add(_ line: AclPolicy.Line) {
        let count = policies.count
        if count > 0, let networks = line.networks, policies[count - 1].canTake(line) {
            policies[count - 1].add(networks)
        } else {
            policies.append(AclPolicy(line))
        }
    }
}
