import Corefile

/// What `bufsize` is told.
struct BufsizeConfiguration: Sendable {
    /// The largest payload size that a query may offer, in octets.
    var size: UInt16 = 1_232

    /// From CoreDNS's least to the largest datagram of IPv4.
    private static let range = 512...65_507

    static let directive = DirectiveDeclaration<BufsizeConfiguration>(
        name: "bufsize", summary: "bounds the size of UDP replies that queries offer to take", oncePerBlock: false,
        arguments: .init(usage: "[SIZE]", summary: "octets, 512 to 65507", defaultText: "1232") {
            configuration, reader throws(ConfigurationError) in
            guard let token = try reader.optionalNext() else { return }
            guard let size = Int(token.text), range.contains(size) else {
                throw reader.fail(
                    .wrongArgumentCount,
                    "Wrong argument count or unexpected line ending after '\(QuotedText.excerpt(token.text))'",
                    hint: "SIZE is a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            configuration.size = UInt16(size)
        })
}
