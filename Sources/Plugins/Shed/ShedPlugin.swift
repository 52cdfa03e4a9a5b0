import Corefile
package import DNSServer
import Telemetry

/// Has the UDP sockets of its server block shed load instead of waiting for the network.
package final class ShedPlugin: Plugin, SheddingPlugin {
    package let name = "shed"
    package let leavesQuestionsAlone = true
    package let isPartOfChain = true
    package let shedding: SheddingCounters

    struct Configuration: Sendable {
        static let directive = DirectiveDeclaration<Configuration>(
            name: "shed", summary: "drops the oldest replies, and new queries, when replies pile up",
            oncePerBlock: false)
    }

    /// Reads `shed` of a server block.
    package static let definition = PluginDefinition("shed") { directives, context throws(ConfigurationError) in
        _ = try Configuration.directive.read(
            directives, serverZones: context.block.zones, initial: Configuration())
        do {
            return try ShedPlugin(context.metrics, server: context.block.serverLabel)
        } catch {
            throw ConfigurationError(.invalidValue, "\(error)", at: directives[0].name, plugin: "shed")
        }
    }

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
