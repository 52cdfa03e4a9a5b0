import Corefile
package import DNSServer
import Logging

/// Logs why queries failed, one line a failure or one for many.
package final class ErrorsPlugin: Plugin {
    package let name = "errors"
    package let leavesQuestionsAlone = true

    /// Reads `errors` of a server block.
    package static let definition = PluginDefinition("errors") { directives, context throws(ConfigurationError) in
        let configuration = try ErrorsConfiguration.directive.read(
            directives, serverZones: context.block.zones, initial: ErrorsConfiguration())
        return ErrorsPlugin(configuration, logger: context.logger(for: "errors"))
    }

    private let configuration: ErrorsConfiguration
    private let logger: Logger
    /// Shared by all workers.
    let patterns: [ErrorPattern]

    init(_ configuration: ErrorsConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        patterns = configuration.patterns.map { ErrorPattern($0, logger: logger) }
    }

    package func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        ErrorsHandler(patterns)
    }

    package func didStart() async {
        guard configuration.wantsStackTrace else { return }
        logger.info("stacktrace needs no option: a fault ends the process and leaves a trace on standard error")
    }

    /// Says what has been counted and not said yet.
    package func stop() async {
        for pattern in patterns { pattern.close() }
    }
}
