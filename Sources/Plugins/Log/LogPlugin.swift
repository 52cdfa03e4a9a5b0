import Corefile
package import DNSServer
import Logging

/// Writes a line to standard output for each query.
package final class LogPlugin: Plugin {
    package let name = "log"
    package let leavesQuestionsAlone = true

    /// Reads `log` of a server block.
    package static let definition = PluginDefinition("log") { directives, context throws(ConfigurationError) in
        let configurations = try LogConfiguration.directive.readEach(
            directives, serverZones: context.block.zones, initial: LogConfiguration())
        return LogPlugin(configurations, logger: context.logger(for: "log"))
    }

    private let configurations: [LogConfiguration]
    private let logger: Logger

    init(_ configurations: [LogConfiguration], logger: Logger) {
        self.configurations = configurations
        self.logger = logger
    }

    package func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        QueryLogHandler(configurations)
    }

    package func didStart() async {
        for format in configurations.compactMap(\.misplacedFormat) {
            logger.warning("\"\(format)\" is taken for a name, as a lone argument is; write: log . \"\(format)\"")
        }
    }
}
