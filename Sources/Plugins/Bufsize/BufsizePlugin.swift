import Corefile
package import DNSServer

/// Bounds the size of UDP replies that queries offer to take, so that no reply is sent in fragments.
package final class BufsizePlugin: Plugin {
    package let name = "bufsize"
    package let leavesQuestionsAlone = true

    /// Reads `bufsize` of a server block; the first of several counts.
    package static let definition = PluginDefinition("bufsize") { directives, context throws(ConfigurationError) in
        let configurations = try BufsizeConfiguration.directive.readEach(
            directives, serverZones: context.block.zones, initial: BufsizeConfiguration())
        return BufsizePlugin(configurations.first ?? BufsizeConfiguration())
    }

    private let configuration: BufsizeConfiguration

    init(_ configuration: BufsizeConfiguration) {
        self.configuration = configuration
    }

    package func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        BufsizeHandler(size: configuration.size)
    }
}
