import Corefile
package import DNSServer
import DNSWire
import Telemetry

/// Answers for names that have IPv4 addresses alone with IPv6 addresses that lead there (RFC 6147).
package final class DNS64Plugin: Plugin {
    package let name = "dns64"
    /// A question is passed on as it is; what comes back for it has no other name.
    package let leavesQuestionsAlone = true

    /// Reads every `dns64` of a server block; the last word counts.
    package static let definition = PluginDefinition("dns64") { directives, context throws(ConfigurationError) in
        let configuration = try DNS64Configuration.directive.read(
            directives, serverZones: context.block.zones, initial: DNS64Configuration())
        do throws(MetricError) {
            return DNS64Plugin(
                configuration,
                translated: try context.metrics.counter(
                    "coredns_dns64_requests_translated_total",
                    help: "Counter of DNS requests translated by dns64.",
                    labels: [("server", context.block.serverLabel)]))
        } catch {
            throw ConfigurationError(.invalidValue, "\(error)", at: directives[0].name, plugin: "dns64")
        }
    }

    private let configuration: DNS64Configuration
    private let translated: Counter

    init(_ configuration: DNS64Configuration, translated: Counter) {
        self.configuration = configuration
        self.translated = translated
    }

    package func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        DNS64Handler(configuration, translated: translated)
    }
}
