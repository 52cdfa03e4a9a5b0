import DNSServer

/// Lowers the payload size that one worker's queries offer.
final class BufsizeHandler: QueryHandler {
    private let size: UInt16

    init(size: UInt16) {
        self.size = size
    }

    func handle(_ query: Query) -> Verdict {
        query.limitPayloadSize(to: size)
        return .next
    }
}
