import Corefile
package import DNSServer

/// Leaves authority and additional records out of answers, which need neither.
package final class MinimalPlugin: Plugin {
    package let name = "minimal"
    package let leavesQuestionsAlone = true

    struct Configuration: Sendable {
        static let directive = DirectiveDeclaration<Configuration>(
            name: "minimal", summary: "leaves authority and additional records out of answers", oncePerBlock: false)
    }

    /// Reads `minimal` of a server block.
    package static let definition = PluginDefinition("minimal") { directives, context throws(ConfigurationError) in
        _ = try Configuration.directive.read(
            directives, serverZones: context.block.zones, initial: Configuration())
        return MinimalPlugin()
    }

    package func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        MinimalHandler()
    }
}
