import DNSServer
import DNSWire
import Telemetry

/// The metrics of queries that no server block of an address serves: in CoreDNS their zone is `dropped`, and no plugin made the reply.
struct RefusedCounts: Sendable {
    private static let zone = "dropped"

    fileprivate let counts: ZoneCounts
    fileprivate let responses: CounterMatrix

    init(server: String, _ metrics: MetricsRegistry) throws(MetricError) {
        counts = try ZoneCounts(server: server, zone: Self.zone, view: "", metrics)
        responses = try ZoneCounts.responses(server: server, zone: Self.zone, view: "", plugins: [], metrics)
    }
}

/// Counts them in one worker.
final class RefusedHandler: RefusalCounter {
    private let refused: RefusedCounts
    private let shard: MetricShard
    private let types = QueryTypes()
    /// An OPT record without options.
    private static let recordLength = 11

    init(_ refused: RefusedCounts, _ worker: Worker) {
        self.refused = refused
        shard = worker.shard
    }

    func count(_ query: Query) {
        let octets = query.reply.count + (query.edns == nil ? 0 : Self.recordLength)
        refused.counts.count(query, types, octets, in: shard)
        refused.responses.increment(ResponseCodes.index(of: query.responseCode), 0, in: shard)
    }
}
