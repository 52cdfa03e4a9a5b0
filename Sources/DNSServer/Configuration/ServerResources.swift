import Synchronization
import Telemetry

/// What the parts of one server share of its ``ResourceLimits``, and how much of it is in use.
package final class ServerResources: Sendable {
    package let limits: ResourceLimits
    /// Octets of messages that connections hold.
    let buffers: OctetBudget
    /// Octets of all caches.
    package let cache: OctetBudget
    /// Octets of queries on their way to upstreams over connections.
    package let requests: OctetBudget
    let connections: TCPConnections

    /// Makes the budgets, and shows limits and use as gauges.
    ///
    /// - Throws: a conflict with another metric.
    init(_ limits: ResourceLimits, _ workers: [Worker], _ metrics: MetricsRegistry) throws(MetricError) {
        self.limits = limits
        buffers = OctetBudget(limit: limits.bufferOctets)
        cache = OctetBudget(limit: limits.cacheOctets)
        requests = OctetBudget(limit: limits.requestOctets)
        connections = try TCPConnections(limit: limits.connections, metrics)
        try showLimits(metrics)
        try metrics.gauge("needletail_queries_waiting", help: "Queries that wait for something, in all workers.") {
            Double(workers.reduce(0) { $0 + $1.waitingCount.load(ordering: .relaxed) })
        }
        try Self.showLimit("http_connections", limits.httpConnections, metrics)
        try Self.showLimit("upstream_sockets", limits.upstreamSockets, metrics)
        let background = workers.reduce(0) { $0 + $1.backgroundLimit }
        try Self.showLimit("background_queries", background, metrics)
        try metrics.gauge(
            "needletail_background_queries", help: "Queries that the server asks itself in the background."
        ) {
            Double(workers.reduce(0) { $0 + $1.backgroundCount.load(ordering: .relaxed) })
        }
    }

    private static func showLimit(
        _ resource: String, _ value: Int, _ metrics: MetricsRegistry
    ) throws(MetricError) {
        try metrics.gauge(
            "needletail_limit", help: "The most that the server holds of a thing.", labels: [("resource", resource)]
        ).set(value)
    }

    private func showLimits(_ metrics: MetricsRegistry) throws(MetricError) {
        let values = [
            ("memory_bytes", limits.memory.octets), ("queries", limits.waitingQueries),
            ("connections", limits.connections),
            ("buffer_bytes", limits.bufferOctets), ("cache_bytes", limits.cacheOctets),
            ("request_bytes", limits.requestOctets), ("forwarded_query_bytes", limits.forwardedQueryOctets),
        ]
        for (resource, value) in values { try Self.showLimit(resource, value, metrics) }
        try metrics.gauge("needletail_tcp_connections", help: "Open TCP connections.") { [connections] in
            Double(connections.count)
        }
        try metrics.gauge("needletail_buffer_bytes", help: "Octets of messages that connections hold.") { [buffers] in
            Double(buffers.used)
        }
        try metrics.gauge("needletail_cache_used_bytes", help: "Octets that all caches take together.") { [cache] in
            Double(cache.used)
        }
        try metrics.gauge(
            "needletail_request_bytes", help: "Octets of queries on their way to upstreams over connections."
        ) { [requests] in
            Double(requests.used)
        }
    }
}
