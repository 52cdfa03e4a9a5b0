import Corefile
package import DNSServer
import Logging
import Synchronization

/// Answers liveness probes, watches that it answers them in time, and keeps the server serving for a while before it ends.
package final class HealthPlugin: Plugin {
    package let name = "health"
    package let leavesQuestionsAlone = true

    /// Reads `health` of a server block.
    package static let definition = PluginDefinition.plugin(
        HealthConfiguration.directive, initial: HealthConfiguration()
    ) { HealthPlugin($0, $1) }

    private let configuration: HealthConfiguration
    private let endpoint: HTTPEndpoint
    private let selfCheck: HealthSelfCheck
    private let logger: Logger

    init(_ configuration: HealthConfiguration, _ context: PluginContext) {
        self.configuration = configuration
        logger = context.logger(for: "health")
        let endpoint = HTTPEndpoint.shared(configuration.address, context)
        self.endpoint = endpoint
        let (metrics, logger) = (context.metrics, logger)
        selfCheck = context.handover.object("health/\(configuration.address)") {
            HealthSelfCheck(of: endpoint, metrics: metrics, logger: logger)
        }
    }

    package func start() async throws(StartError) {
        endpoint.addRoute("/health", owner: self) { HTTPReply("OK") }
        try await endpoint.open(for: name, at: configuration.place)
        try selfCheck.start()
    }

    package func willShutDown() async {
        guard configuration.lameduck > .zero else { return }
        logger.info("Going into lameduck mode for \(GoDuration.print(configuration.lameduck))")
        try? await Task.sleep(for: configuration.lameduck)
    }

    package func stop() async {
        endpoint.removeRoutes(of: self)
    }
}
