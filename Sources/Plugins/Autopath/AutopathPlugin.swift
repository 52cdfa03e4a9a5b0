package import Corefile
package import DNSServer
import DNSWire
import Logging
import Synchronization
import Telemetry

/// Tries the names of the asker's search path in its place, and gives the first that exists.
package final class AutopathPlugin: Plugin {
    package let name = "autopath"
    /// What the server itself asks is not searched for.
    package let leavesQuestionsAlone = true

    /// Reads `autopath` of a server block.
    package static let definition = PluginDefinition("autopath") { directives, context throws(ConfigurationError) in
        let configuration = try AutopathConfiguration.directive.read(
            directives, serverZones: context.block.zones, initial: AutopathConfiguration(directory: context.directory))
        do {
            return AutopathPlugin(
                configuration, successes: try makeCounter(context), logger: context.logger(for: "autopath"))
        } catch {
            throw ConfigurationError(.invalidValue, "\(error)", at: directives[0].name, plugin: "autopath")
        }
    }

    private static func makeCounter(_ context: PluginContext) throws(MetricError) -> Counter {
        try context.metrics.counter(
            "coredns_autopath_success_total",
            help: "Counter of requests that did autopath.", labels: [("server", context.block.serverLabel)])
    }

    private let configuration: AutopathConfiguration
    private let zones: ZoneScope
    private let successes: Counter
    private let machineFile: String
    private let logger: Logger
    /// Set before any handler is made.
    private let provider = Mutex<Provider?>(nil)

    /// A plugin that knows the search paths of askers, and the domains of the machine.
    private struct Provider {
        let plugin: any SearchPathProvider
        let machine: [Name]
    }

    /// - Parameter machineFile: where the machine's own search domains stand.
    init(
        _ configuration: AutopathConfiguration, successes: Counter, logger: Logger,
        machineFile: String = "/etc/resolv.conf"
    ) {
        self.configuration = configuration
        self.successes = successes
        self.logger = logger
        self.machineFile = machineFile
        zones = ZoneScope(configuration.zones)
    }

    /// Finds the plugin that is named; one that is not in the block turns the search off, as in CoreDNS.
    package func connect(to block: PluginSet) throws(ConfigurationError) {
        guard case .plugin(let token) = configuration.source else { return }
        let name = String(token.text.dropFirst())
        guard let found = block.plugins.first(where: { $0.name == name }) else { return }
        guard let plugin = block.all(of: (any SearchPathProvider).self).first(where: { $0 === found }) else {
            throw ConfigurationError(
                .invalidValue, "\(QuotedText.excerpt(name)) does not implement the AutoPather interface", at: token,
                hint: "write @kubernetes", plugin: "autopath")
        }
        let machine = (try? SearchList(path: machineFile))?.domains ?? []
        provider.withLock { $0 = Provider(plugin: plugin, machine: machine) }
    }

    package func didStart() async {
        guard case .plugin(let token) = configuration.source else { return }
        guard let provider = provider.withLock({ $0 }) else {
            logger.warning("the server block has no plugin '\(token.text.dropFirst())': nothing is searched")
            return
        }
        guard !provider.plugin.knowsSearchPaths else { return }
        logger.warning("kubernetes has no 'pods verified': nobody's search path is known, and nothing is searched")
    }

    package func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        switch configuration.source {
        case .list(let list):
            return AutopathHandler(zones, FixedSearchPath(domains: list.domains), successes)
        case .plugin:
            guard let provider = provider.withLock({ $0 }), provider.plugin.knowsSearchPaths else { return nil }
            return AutopathHandler(
                zones, provider.plugin.makeSearchPaths(for: worker, machine: provider.machine), successes)
        }
    }
}
