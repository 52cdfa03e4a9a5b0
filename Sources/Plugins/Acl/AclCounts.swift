import DNSServer
import Telemetry

/// The metrics of a block's `acl`.
struct AclCounts: Sendable {
    private let allowed: Counter
    /// By zone.
    private let blocked: CounterMatrix
    private let filtered: CounterMatrix
    private let dropped: CounterMatrix

    /// - Parameter zones: the values of the label `zone`, each once.
    init(zones: [String], block: BlockIdentity, _ metrics: MetricsRegistry) throws(MetricError) {
        let labels = [("server", block.serverLabel), ("view", block.viewName)]
        func matrix(_ name: String, _ help: String) throws(MetricError) -> CounterMatrix {
            try metrics.counterMatrix(
                name, help: help, fixedLabels: labels, dimensions: [MetricDimension("zone", zones)])
        }
        allowed = try metrics.counter(
            "coredns_acl_allowed_requests_total", help: "Counter of DNS requests being allowed.", labels: labels)
        blocked = try matrix("coredns_acl_blocked_requests_total", "Counter of DNS requests being blocked.")
        filtered = try matrix("coredns_acl_filtered_requests_total", "Counter of DNS requests being filtered.")
        dropped = try matrix("coredns_acl_dropped_requests_total", "Counter of DNS requests being dropped.")
    }

    /// Counts a query that goes on.
    func countAllowed(in shard: MetricShard) {
        allowed.increment(in: shard)
    }

    /// Counts a query that does not go on.
    func count(_ action: AclPolicy.Action, zone: Int, in shard: MetricShard) {
        switch action {
        case .allow: break
        case .block: blocked.increment(zone, in: shard)
        case .filter: filtered.increment(zone, in: shard)
        case .drop: dropped.increment(zone, in: shard)
        }
    }
}
