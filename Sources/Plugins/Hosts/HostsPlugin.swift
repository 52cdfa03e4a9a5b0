import Corefile
package import DNSServer
import DNSWire
import Logging
import Synchronization

/// Answers A, AAAA and PTR queries from a hosts file and from entries in the Corefile.
package final class HostsPlugin: Plugin {
    package let name = "hosts"

    /// Reads `hosts` of a server block.
    package static let definition = PluginDefinition("hosts") { directives, context throws(ConfigurationError) in
        let configuration = try HostsConfiguration.directive.read(
            directives, serverZones: context.block.zones, initial: HostsConfiguration())
        let path = context.path(of: configuration.path)
        if let problem = WatchedHostsFile.problem(with: path) {
            throw ConfigurationError(
                .unreadableFile, "unable to access hosts file '\(path)': \(problem)", at: directives[0].name,
                plugin: "hosts")
        }
        return HostsPlugin(configuration, path: path, context)
    }

    private let configuration: HostsConfiguration
    private let zones: ZoneScope
    let source: WatchedHostsFile
    private let logger: Logger
    private let watch = Mutex<Task<Void, Never>?>(nil)

    init(_ configuration: HostsConfiguration, path: String, _ context: PluginContext) {
        self.configuration = configuration
        zones = ZoneScope(configuration.zones)
        logger = context.logger(for: "hosts")
        let inline = HostsTable(
            HostsFile(configuration.inline, zones: zones, hasReverse: configuration.hasReverse))
        source = WatchedHostsFile(
            path: path, inline: inline, zones: zones, hasReverse: configuration.hasReverse, metrics: context.metrics)
    }

    package func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        HostsHandler(configuration, zones, source)
    }

    package func start() async throws(StartError) {
        for word in configuration.strayWords {
            logger.warning("\(word.place): '\(word.text)' is neither an option nor an address; the line is passed over")
        }
        if let notice = WatchedHostsFile.notice(about: source.path) { logger.warning("\(notice)") }
        try source.registerMetrics()
        source.read()
        guard configuration.reload > .zero else { return }
        watch.withLock { watch in
            watch = Task { [source, period = configuration.reload] in
                while (try? await Task.sleep(for: period)) != nil { source.read() }
            }
        }
    }

    package func stop() async {
        watch.withLock { $0 }?.cancel()
        source.retire()
    }
}
