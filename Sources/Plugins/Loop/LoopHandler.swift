import DNSServer
import DNSWire

/// `loop` in one worker.
final class LoopHandler: QueryHandler {
    private let plugin: LoopPlugin

    init(_ plugin: LoopPlugin) {
        self.plugin = plugin
    }

    func handle(_ query: Query) -> Verdict {
        guard query.type == .HINFO else { return .next }
        switch plugin.detector.see(query.name) {
        case .unsuspicious:
            return .next
        case .loop:
            plugin.report(from: query.client)
            return .drop
        case .knownLoop:
            return .drop
        }
    }
}
