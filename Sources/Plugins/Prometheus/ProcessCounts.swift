import DNSServer
import Synchronization
import Telemetry

/// The metrics that the process has once, whatever its configuration.
enum ProcessCounts {
    /// Registers what dashboards look for.
    static func register(_ metrics: MetricsRegistry) throws(MetricError) {
        let build = try metrics.gauge(
            "coredns_build_info",
            help: "A metric with a constant '1' value labeled by version, revision, and goversion of this build.",
            labels: [("version", Version.number), ("revision", ""), ("goversion", Version.compiler)])
        build.set(1)
        try metrics.gauge(
            "needletail_metrics_page_time_seconds",
            help: "When this page was made, in seconds since 1970-01-01 UTC; who asks soon after is given it as well."
        ) { Double(SystemClock.wall) / 1e9 }
        // Needletail does not go on after a fault of its own; alerts still ask for the metric.
        _ = try metrics.counter("coredns_panics_total", help: "A metrics that counts the number of panics.")
    }
}

/// `coredns_plugin_enabled` for the configuration that serves.
final class PluginGauges: HandoverResource {
    /// Directives that only configure; CoreDNS does not count them as plugins of a chain.
    private static let configuring: Set<String> = [
        "root", "bind", "reload", "health", "ready", "tls", "timeouts", "multisocket", "debug", "pprof", "quic",
        "grpc_server", "https", "https3", "proxyproto", "shed", "on",
    ]

    private let metrics: MetricsRegistry
    private let token: CollectorToken

    init(_ metrics: MetricsRegistry, blocks: @escaping @Sendable () -> [ServerBlock]) throws(MetricError) {
        self.metrics = metrics
        token = try metrics.collector(
            "coredns_plugin_enabled",
            help: "A metric that indicates whether a plugin is enabled on per server and zone basis.", kind: .gauge
        ) {
            blocks().flatMap(Self.samples)
        }
    }

    func close() async {
        metrics.remove(token)
    }

    /// Blocks without `prometheus` are left out.
    private static func samples(of block: ServerBlock) -> [MetricSample] {
        let names = block.plugins.map(\.name)
        guard names.contains("prometheus") else { return [] }
        return block.identity.zones.flatMap { zone in
            names.filter { !configuring.contains($0) }.map { name in
                MetricSample(
                    labels: [
                        ("server", block.identity.serverLabel), ("zone", zone), ("view", block.identity.viewName),
                        ("name", name),
                    ], value: 1)
            }
        }
    }
}
