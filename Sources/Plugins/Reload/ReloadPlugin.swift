import Corefile
package import DNSServer

/// Looks at the Corefile from time to time and has the server reload it when it has changed.
package final class ReloadPlugin: Plugin {
    package let name = "reload"
    package let leavesQuestionsAlone = true

    /// Reads `reload` of a server block.
    package static let definition = PluginDefinition("reload") { directives, context throws(ConfigurationError) in
        let configuration = try ReloadConfiguration.directive.read(
            directives, serverZones: context.block.zones, initial: ReloadConfiguration())
        return ReloadPlugin(configuration, context)
    }

    private let configuration: ReloadConfiguration
    private let watcher: CorefileWatcher
    /// Taken when the configuration is made, so that a change while it starts is not missed.
    private let digest: String?

    init(_ configuration: ReloadConfiguration, _ context: PluginContext) {
        self.configuration = configuration
        let (server, options) = (context.server, context.server.options)
        let (logger, metrics) = (context.logger(for: name), context.metrics)
        watcher = context.handover.object("reload") {
            CorefileWatcher(
                source: CorefileWatcher.Source(
                    read: { () throws(ConfigurationError) in
                        guard let path = options.corefilePath, path != "stdin" else { return nil }
                        return try Corefile.load(
                            path: path, environment: options.environment, defaultPort: options.defaultPort)
                    },
                    reload: { [weak server] in await server?.reload(reason: "the Corefile has changed") }),
                metrics: metrics, logger: logger)
        }
        digest = watcher.currentDigest()
    }

    package func start() async throws(StartError) {
        try watcher.register()
    }

    package func didStart() async {
        watcher.serve(configuration, digest: digest)
    }
}
