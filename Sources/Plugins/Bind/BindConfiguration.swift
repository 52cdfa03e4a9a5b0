import Corefile

/// What one `bind` is told.
struct BindConfiguration: Sendable {
    /// Addresses and interface names, as they are written.
    var hosts: [Token] = []
    /// What is left out of those.
    var except: [Token] = []

    static let directive = DirectiveDeclaration<BindConfiguration>(
        name: "bind", oncePerBlock: false,
        arguments: .list(
            .word("ADDRESS"), empty: "at least one address or interface name is expected", \.hosts),
        options: [
            .list(
                "except", .word("ADDRESS"),
                empty: "at least one address or interface must be given to except subdirective", \.except)
        ],
        unknownOption: { "invalid option \(QuotedText.doubleQuoted($0))" })
}
