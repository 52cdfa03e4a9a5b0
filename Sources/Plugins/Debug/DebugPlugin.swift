import Corefile
package import DNSServer

/// Has lines for debugging written, by the whole process, as long as a configuration with it serves.
package final class DebugPlugin: Plugin {
    package let name = "debug"
    package let leavesQuestionsAlone = true

    struct Configuration: Sendable {
        static let directive = DirectiveDeclaration<Configuration>(
            name: "debug", summary: "writes lines for debugging, in the whole process", oncePerBlock: false)
    }

    /// Reads `debug` of a server block.
    package static let definition = PluginDefinition("debug") { directives, context throws(ConfigurationError) in
        _ = try Configuration.directive.read(
            directives, serverZones: context.block.zones, initial: Configuration())
        return DebugPlugin(context.server.debug)
    }

    private let debug: DebugSwitch

    init(_ debug: DebugSwitch) {
        self.debug = debug
    }

    /// What the plugins behind do to start is worth seeing already.
    package func start() async {
        debug.hold()
    }

    package func stop() async {
        debug.release()
    }
}
