import Corefile
package import DNSServer

/// Gives every query a deadline, by which whatever waits for something has to end.
package final class CancelPlugin: Plugin {
    package let name = "cancel"
    package let leavesQuestionsAlone = true

    /// Reads `cancel` of a server block; the last of several counts.
    package static let definition = PluginDefinition("cancel") { directives, context throws(ConfigurationError) in
        let configuration = try CancelConfiguration.directive.read(
            directives, serverZones: context.block.zones, initial: CancelConfiguration())
        return CancelPlugin(configuration)
    }

    private let configuration: CancelConfiguration

    init(_ configuration: CancelConfiguration) {
        self.configuration = configuration
    }

    package func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        CancelHandler(timeout: configuration.timeout.wholeNanoseconds)
    }
}
