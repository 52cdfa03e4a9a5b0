import Corefile
package import DNSServer
import DNSWire

/// Answers every query with the asker's own address, port and transport.
package final class WhoamiPlugin: Plugin {
    package let name = "whoami"

    struct Configuration: Sendable {
        static let directive = DirectiveDeclaration<Configuration>(
            name: "whoami", summary: "tells the asker its own address and port", oncePerBlock: false)
    }

    /// Reads `whoami` of a server block.
    package static let definition = PluginDefinition("whoami") { directives, context throws(ConfigurationError) in
        _ = try Configuration.directive.read(
            directives, serverZones: context.block.zones, initial: Configuration())
        return WhoamiPlugin()
    }

    package func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        WhoamiHandler()
    }
}
