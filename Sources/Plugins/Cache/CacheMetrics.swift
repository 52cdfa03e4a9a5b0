import DNSServer
import Telemetry

/// What is counted of one `cache`.
struct CacheMetrics: Sendable {
    let requests: Counter
    let misses: Counter
    let drops: Counter
    let tooLarge: Counter
    let failures: Counter
    let prefetches: Counter
    let servedStale: Counter
    let successHits: Counter
    let denialHits: Counter
    let successEvictions: Counter
    let denialEvictions: Counter
    private let registry: MetricsRegistry
    private let labels: Labels

    /// Registers the metrics of CoreDNS.
    ///
    /// - Throws: a conflict with another metric, or too many series.
    init(server: String, zones: String, view: String = "", _ registry: MetricsRegistry) throws(MetricError) {
        let labels: Labels = [("server", server), ("zones", zones), ("view", view)]
        self.labels = labels
        self.registry = registry
        func counter(_ name: String, _ help: String, type: String? = nil) throws(MetricError) -> Counter {
            try registry.counter(
                name, help: help, labels: labels + (type.map { [("type", $0)] } ?? []))
        }
        requests = try counter("coredns_cache_requests_total", "Queries that the cache was asked for.")
        misses = try counter("coredns_cache_misses_total", "Queries that the cache had no answer for.")
        drops = try counter(
            "coredns_cache_drops_total", "Replies that were not kept because their question was not the query's.")
        tooLarge = try counter(
            "needletail_cache_too_large_total", "Replies that were not kept because of their size.")
        failures = try counter(
            "needletail_cache_failures_total", "Failures of resolution that were kept, so that others need not wait.")
        prefetches = try counter(
            "coredns_cache_prefetch_total",
            "Times that the source was asked in the background for what is in the cache.")
        servedStale = try counter("coredns_cache_served_stale_total", "Queries answered with a reply that had expired.")
        let (hits, evictions) = ("Queries answered from the cache.", "Entries left out to make room.")
        successHits = try counter("coredns_cache_hits_total", hits, type: "success")
        denialHits = try counter("coredns_cache_hits_total", hits, type: "denial")
        successEvictions = try counter("coredns_cache_evictions_total", evictions, type: "success")
        denialEvictions = try counter("coredns_cache_evictions_total", evictions, type: "denial")
    }

    /// Shows how full the caches are.
    ///
    /// - Returns: what takes the figures away again.
    func showSizes(_ state: CacheState) throws(MetricError) -> [CollectorToken] {
        var tokens: [CollectorToken] = []
        for (type, store) in [("success", state.success), ("denial", state.denial)] {
            let labels = labels + [("type", type)]
            tokens.append(
                try registry.gauge("coredns_cache_entries", help: "Replies in the cache.", labels: labels) {
                    Double(store.count)
                })
            tokens.append(
                try registry.gauge("needletail_cache_bytes", help: "Octets the cache takes.", labels: labels) {
                    Double(store.cost)
                })
            tokens.append(
                try registry.gauge("needletail_cache_limit_bytes", help: "Octets the cache may take.", labels: labels) {
                    Double(store.costLimit)
                })
        }
        return tokens
    }

    func remove(_ tokens: [CollectorToken]) {
        for token in tokens { registry.remove(token) }
    }
}
