import Basics
import Corefile

/// What `loadbalance` is told.
struct LoadbalanceConfiguration: Sendable {
    /// Addresses of the first of these networks come first, then those of the second, and so on; the others last.
    var preferred: [IPPrefix] = []

    static let directive = DirectiveDeclaration<LoadbalanceConfiguration>(
        name: "loadbalance", summary: "gives the addresses in a reply in a random order", oncePerBlock: false,
        arguments: .init(usage: "[round_robin]", summary: "how the order is chosen", defaultText: "round_robin") {
            _, reader throws(ConfigurationError) in
            guard let policy = try reader.optionalNext() else { return }
            try check(policy, &reader)
        },
        options: [
            .init(
                "prefer", usage: "CIDR...", "put the addresses of these networks first, in this order",
                repetition: .adds
            ) { configuration, reader throws(ConfigurationError) in
                while let token = try reader.optionalNext() {
                    guard let prefix = IPPrefix(token.text) else {
                        let text = QuotedText.doubleQuoted(token.text)
                        throw reader.fail(
                            .invalidValue,
                            "invalid CIDR \(text): invalid CIDR address: \(QuotedText.excerpt(token.text))",
                            hint: "a network is written like 10.0.0.0/8")
                    }
                    configuration.preferred.append(prefix)
                }
            }
        ])

    private static func check(_ policy: Token, _ reader: inout ArgumentReader) throws(ConfigurationError) {
        switch policy.text {
        case "round_robin":
            guard reader.upcoming == nil else {
                throw reader.fail(.wrongArgumentCount, "unknown property for round_robin")
            }
        case "weighted":
            guard reader.upcoming != nil else { throw reader.fail(.wrongArgumentCount, "missing weight file argument") }
            throw reader.fail(
                .unservedOption, "Needletail does not serve the policy 'weighted' yet",
                hint: "use 'loadbalance' alone: every address is equally often the first")
        default:
            throw reader.fail(
                .invalidValue, "unknown policy: \(QuotedText.excerpt(policy.text))", hint: "expected round_robin")
        }
    }
}
