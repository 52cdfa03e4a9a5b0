import Corefile

/// What one `bind` is told.
struct BindConfiguration: Sendable {
    /// Addresses and interface names, as they are written.
    var hosts: [Token] = []
    /// What is left out of those.
    var except: [Token] = []

    static let directive = DirectiveDeclaration<BindConfiguration>(
        name: "bind", summary: "says on which addresses the server block is served", oncePerBlock: false,
        arguments: .init(
            usage: "ADDRESS|INTERFACE...", summary: "the addresses, or interfaces for all of their addresses"
        ) { configuration, reader throws(ConfigurationError) in
            configuration.hosts = try reader.remaining()
            guard !configuration.hosts.isEmpty else {
                throw reader.fail(.wrongArgumentCount, "at least one address or interface name is expected")
            }
        },
        options: [
            .init("except", usage: "ADDRESS|INTERFACE...", "addresses to leave out", repetition: .replaces) {
                configuration, reader throws(ConfigurationError) in
                configuration.except = try reader.remaining()
                guard !configuration.except.isEmpty else {
                    throw reader.fail(
                        .wrongArgumentCount,
                        "at least one address or interface must be given to except subdirective")
                }
            }
        ],
        unknownOption: { "invalid option \(QuotedText.doubleQuoted($0))" })
}
