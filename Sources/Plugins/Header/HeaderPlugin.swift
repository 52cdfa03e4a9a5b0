import Corefile
package import DNSServer

/// Sets and clears flags in the headers of queries and replies.
package final class HeaderPlugin: Plugin {
    package let name = "header"
    package let leavesQuestionsAlone = true

    /// Reads `header` of a server block; the first of several that changes anything counts.
    package static let definition = PluginDefinition("header") { directives, context throws(ConfigurationError) in
        let configurations = try HeaderConfiguration.directive.readEach(
            directives, serverZones: context.block.zones, initial: HeaderConfiguration())
        guard let configuration = configurations.first(where: { !$0.isEmpty }) else {
            throw ConfigurationError(
                .wrongArgumentCount, "Wrong argument count or unexpected line ending after 'header'",
                at: directives[0].name, hint: "give it a block with lines like 'response set ra'", plugin: "header")
        }
        return HeaderPlugin(configuration)
    }

    private let configuration: HeaderConfiguration

    init(_ configuration: HeaderConfiguration) {
        self.configuration = configuration
    }

    package func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        HeaderHandler(configuration)
    }
}
