import Corefile

/// What `multisocket` is told.
struct MultisocketConfiguration: Sendable {
    /// How many workers receive queries; nil for all there are.
    var workers: Int?

    /// CoreDNS's limit.
    private static let most = 1_024

    static let directive = DirectiveDeclaration<MultisocketConfiguration>(
        name: "multisocket", summary: "says how many workers receive the queries of an address",
        arguments: .init(
            usage: "[NUMBER]", summary: "how many, 1 to 1024", defaultText: "one for each core"
        ) { configuration, reader throws(ConfigurationError) in
            guard reader.upcoming != nil else { return }
            configuration.workers = try reader.integer("NUMBER", in: 1...most) { problem in
                guard problem.kind == .outOfRange else { return "invalid num sockets: \(problem.message)" }
                return problem.text.hasPrefix("-") || Int(problem.text) == 0
                    ? "num sockets can not be zero or negative: \(problem.text)"
                    : "num sockets exceeds maximum (\(most)): \(problem.text)"
            }
        })
}
