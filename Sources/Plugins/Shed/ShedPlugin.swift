import DNSServer
import Telemetry

/// `shed`: has the UDP sockets of its server block shed load instead of waiting for the network.
final class ShedPlugin: Plugin, SheddingPlugin {
    static let definition = PluginDefinition.plugin("shed") {
        try ShedPlugin($0.metrics, server: $0.block.serverLabel)
    }

    let name = "shed"
    let leavesQuestionsAlone = true
    let isPartOfChain = true
    let shedding: SheddingCounters

    /// - Throws: when there are too many metrics, or another one has the name.
    init(_ metrics: MetricsRegistry, server: String) throws(MetricError) {
        shedding = SheddingCounters(
            try metrics.counterMatrix(
                "coredns_shed_dropped_total", help: "Queries and responses that were shed.",
                fixedLabels: [("server", server)],
                dimensions: [
                    MetricDimension("reason", SheddingCounters.Reason.allCases.map { "\($0)" })
                ], exposesZeroes: true))
    }
}
