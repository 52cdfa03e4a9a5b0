import Corefile
import DNSServer

/// `bufsize`: bounds the size of UDP replies that queries offer to take, so that no reply is sent in fragments.
final class BufsizePlugin: QueryHandler {
    /// The first of several uses counts, and 1,232 octets where it says nothing.
    static let definition = PluginDefinition.handler(
        .init(name: "bufsize", oncePerBlock: false, arguments: .optional(size, \.self)), initial: 1_232,
        several: .first, .leavesQuestionsAlone
    ) { BufsizePlugin(size: $0) }

    /// From CoreDNS's least to the largest datagram of IPv4.
    private static let range: ClosedRange<UInt16> = 512...65_507

    private static let size = Argument<UInt16> { reader throws(ConfigurationError) in
        let token = try reader.next("SIZE")
        guard let size = UInt16(token.text), range.contains(size) else {
            throw reader.fail(
                .wrongArgumentCount,
                "Wrong argument count or unexpected line ending after '\(QuotedText.excerpt(token.text))'",
                hint: "SIZE is a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return size
    }

    /// The largest payload size that a query may offer, in octets.
    private let size: UInt16

    init(size: UInt16) {
        self.size = size
    }

    func handle(_ query: Query) -> Verdict {
        query.limitPayloadSize(to: size)
        return .next
    }
}
