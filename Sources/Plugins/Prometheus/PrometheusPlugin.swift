import Corefile
package import DNSServer
import Logging
import Telemetry

/// Counts the queries and replies of a server block, and serves all metrics of the process over HTTP.
package final class PrometheusPlugin: Plugin, RefusalCountingPlugin {
    package let name = "prometheus"
    package let leavesQuestionsAlone = true

    /// Reads `prometheus` of a server block.
    package static let definition = PluginDefinition("prometheus") { directives, context throws(ConfigurationError) in
        let configuration = try PrometheusConfiguration.directive.read(
            directives, serverZones: context.block.zones, initial: PrometheusConfiguration())
        do {
            return try PrometheusPlugin(configuration, context)
        } catch {
            throw ConfigurationError(.invalidValue, "\(error)", at: directives[0].name, plugin: "prometheus")
        }
    }

    private let endpoint: HTTPEndpoint
    private let zones: ZoneScope
    private let counts: [ZoneCounts]
    private let refused: RefusedCounts
    private let block: BlockIdentity
    private let place: String
    private let logger: Logger
    private let metrics: MetricsRegistry
    /// One for the process, whatever the number of addresses.
    private let page: SharedPage

    /// Registers the metrics.
    ///
    /// - Throws: when there are too many series, or another metric has the name.
    init(_ configuration: PrometheusConfiguration, _ context: PluginContext) throws {
        endpoint = HTTPEndpoint.shared(configuration.address, context)
        metrics = context.metrics
        place = configuration.place
        logger = context.logger(for: "prometheus")
        page = context.handover.object("prometheus/page") { [metrics = context.metrics] in
            SharedPage {
                HTTPReply(
                    status: 200, contentType: ExpositionFormat.prometheus.contentType,
                    body: metrics.exposition(.prometheus))
            }
        }
        block = context.block
        zones = ZoneScope(context.block.zones)
        var counts: [ZoneCounts] = []
        for zone in zones.texts {
            counts.append(
                try ZoneCounts(
                    server: context.block.serverLabel, zone: zone, view: context.block.viewName, context.metrics))
        }
        self.counts = counts
        refused = try RefusedCounts(server: context.block.serverLabel, context.metrics)
        try ProcessCounts.register(context.metrics)
        let (metrics, server) = (context.metrics, context.server)
        _ = try context.handover.object("prometheus/plugins") { () throws(MetricError) in
            try PluginGauges(metrics) { [weak server] in server?.blocks ?? [] }
        }
    }

    package func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        PrometheusHandler(zones, counts, block, metrics, worker)
    }

    package func makeRefusalCounter(for worker: Worker) -> any RefusalCounter {
        RefusedHandler(refused, worker)
    }

    package func start() async throws(StartError) {
        endpoint.addRoute("/metrics", owner: self, sharing: page)
        await endpoint.openPatiently(for: name, at: place, logger)
    }

    package func stop() async {
        endpoint.removeRoutes(of: self)
    }
}
