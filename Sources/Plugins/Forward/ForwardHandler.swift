import DNSServer
import DNSWire

/// `forward` in one worker, for all its lines in a server block.
final class ForwardHandler: QueryHandler {
    private let plugin: ForwardPlugin
    let engine: ForwardEngine

    /// A zone comes in as many messages as it takes, of which one would be passed on (RFC 5936 §2.2, RFC 1995 §4).
    private static let noTransfers = QueryFailure(.refused, "zone transfers are not forwarded", .notSupported)

    init(_ plugin: ForwardPlugin, _ engine: ForwardEngine) {
        self.plugin = plugin
        self.engine = engine
    }

    func handle(_ query: Query) -> Verdict {
        for index in 0..<engine.groups.count where engine.groups.with(index, { $0.covers(query.name) }) {
            guard query.type != .AXFR, query.type != .IXFR else { return .fail(Self.noTransfers) }
            query.dropHopByHopOptions()
            return engine.forward(query, index)
        }
        return .next
    }

    func retire(on worker: Worker) {
        plugin.retire(engine)
    }
}
