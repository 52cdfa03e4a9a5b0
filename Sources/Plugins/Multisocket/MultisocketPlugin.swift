import Corefile
package import DNSServer

/// Says how many workers receive the queries of the addresses of a server block.
package final class MultisocketPlugin: Plugin, WorkerCountProvider {
    package let name = "multisocket"
    package let leavesQuestionsAlone = true
    package let workerCount: Int?

    /// Reads `multisocket` of a server block.
    package static let definition = PluginDefinition("multisocket") { directives, context throws(ConfigurationError) in
        let configuration = try MultisocketConfiguration.directive.read(
            directives, serverZones: context.block.zones, initial: MultisocketConfiguration())
        return MultisocketPlugin(configuration)
    }

    init(_ configuration: MultisocketConfiguration) {
        workerCount = configuration.workers
    }
}
