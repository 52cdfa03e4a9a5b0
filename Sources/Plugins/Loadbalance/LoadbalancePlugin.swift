import Corefile
package import DNSServer

/// Gives the A, AAAA and MX records of replies in a random order, so that askers who take the first spread their load.
package final class LoadbalancePlugin: Plugin {
    package let name = "loadbalance"
    package let leavesQuestionsAlone = true

    /// Reads `loadbalance` of a server block.
    package static let definition = PluginDefinition("loadbalance") { directives, context throws(ConfigurationError) in
        let configuration = try LoadbalanceConfiguration.directive.read(
            directives, serverZones: context.block.zones, initial: LoadbalanceConfiguration())
        return LoadbalancePlugin(configuration)
    }

    private let configuration: LoadbalanceConfiguration

    init(_ configuration: LoadbalanceConfiguration) {
        self.configuration = configuration
    }

    package func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        LoadbalanceHandler(configuration.preferred)
    }
}
