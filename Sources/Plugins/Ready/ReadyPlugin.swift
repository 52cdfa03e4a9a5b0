import Corefile
package import DNSServer
import Logging

/// Answers readiness probes: 200 when every plugin that has an opinion is ready, else 503 with the names of those that are not.
package final class ReadyPlugin: Plugin {
    package let name = "ready"
    package let leavesQuestionsAlone = true

    /// Reads `ready` of a server block.
    package static let definition = PluginDefinition.plugin(
        ReadyConfiguration.directive, initial: ReadyConfiguration()
    ) { ReadyPlugin($0, $1) }

    private let endpoint: HTTPEndpoint
    private let report: ReadinessReport
    private let place: String
    private let logger: Logger

    init(_ configuration: ReadyConfiguration, _ context: PluginContext) {
        endpoint = HTTPEndpoint.shared(configuration.address, context)
        place = configuration.place
        logger = context.logger(for: "ready")
        let server = context.server
        report = ReadinessReport(
            configuration.monitor, logger: logger,
            isShuttingDown: { [weak server] in server?.isShuttingDown ?? true },
            notReady: { [weak server] in server?.readiness() ?? [] })
    }

    package func start() async throws(StartError) {
        await endpoint.openPatiently(for: name, at: place, logger)
    }

    /// Not before: until now the server's plugins are those of the configuration before, or none.
    package func didStart() async {
        endpoint.addRoute("/ready", owner: self) { [report] in report.reply() }
    }

    /// From now on no new queries shall come: the address is closed, so that probes fail at once.
    package func willShutDown() async {
        endpoint.removeRoutes(of: self)
        await endpoint.closeUnlessUsed()
    }

    package func stop() async {
        endpoint.removeRoutes(of: self)
    }
}
