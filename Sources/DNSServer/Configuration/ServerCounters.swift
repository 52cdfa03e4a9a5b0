import DNSWire
import Telemetry

/// Counts of what happens before and after the plugins.
package struct ServerCounters: Sendable {
    /// Datagrams and frames too short to have a header, and replies sent to us.
    let ignored: Counter
    /// Messages that were answered without a server block, by code.
    private let rejected: CounterMatrix
    /// Replies that the kernel did not take, by reason.
    let sendFailures: Counter
    /// Datagrams longer than the receive buffer.
    let oversized: Counter
    /// Queries that were taken in and given up without a reply, by ``Drop``.
    let drops: CounterMatrix
    /// Queries in the background that were not asked, since as many ran as may.
    let refusedBackground: Counter
    let refusedLookups: Counter
    /// Datagrams that the kernel threw away.
    let receiveDrops = ReceiveDrops()

    /// Why a query was given up.
    enum Drop: Int, CaseIterable {
        /// It waited longest when another needed its place.
        case oldestWaiting

        var label: String {
            switch self {
            case .oldestWaiting: "oldest_waiting"
            }
        }
    }

    private static let codes: [ResponseCode] = [
        .formatError, .notImplemented, .refused, .badVersion, .serverFailure,
    ]

    init(_ metrics: MetricsRegistry) throws(MetricError) {
        ignored = try metrics.counter(
            "needletail_messages_ignored_total", help: "Messages without a whole header, or that were replies.")
        rejected = try metrics.counterMatrix(
            "needletail_messages_rejected_total", help: "Messages answered before any plugin saw them, by code.",
            fixedLabels: [], dimensions: [MetricDimension("rcode", Self.codes.map(\.description))],
            exposesZeroes: true)
        sendFailures = try metrics.counter(
            "needletail_send_failures_total", help: "Replies that the kernel refused to send.")
        _ = try metrics.collector(
            "needletail_log_lines_dropped_total", help: "Lines that the standard streams did not take in time.",
            kind: .counter
        ) { [MetricSample(value: Double(LineWriter.allDroppedLines))] }
        oversized = try metrics.counter(
            "needletail_messages_oversized_total", help: "Datagrams longer than the receive buffer.")
        drops = try metrics.counterMatrix(
            "needletail_dropped_queries_total", help: "Queries given up under overload, by reason.", fixedLabels: [],
            dimensions: [MetricDimension("reason", Drop.allCases.map(\.label))], exposesZeroes: true)
        refusedBackground = try metrics.counter(
            "needletail_background_queries_refused_total",
            help: "Queries in the background that were not asked, as many being under way as may.")
        refusedLookups = try metrics.counter(
            "needletail_lookups_refused_total",
            help: "Names that were not followed, the asker's allowance or time being used up.")
        let receiveDrops = receiveDrops
        _ = try metrics.collector(
            "needletail_udp_receive_drops_total", help: "Datagrams that the kernel threw away, the queue being full.",
            kind: .counter
        ) { [MetricSample(value: Double(receiveDrops.total))] }
    }

    func countRejection(_ code: ResponseCode, in shard: MetricShard) {
        guard let index = Self.codes.firstIndex(of: code) else { return }
        rejected.increment(index, in: shard)
    }
}
