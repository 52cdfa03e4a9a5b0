import Corefile
package import DNSServer
import Logging
import Synchronization
import Telemetry

/// Passes queries on to upstreams and their replies back.
package final class ForwardPlugin: Plugin {
    package let name = "forward"
    package let answersAreLocal = false
    /// As in CoreDNS: what the upstreams know of other classes is theirs to say.
    package let acceptsAllClasses = true

    /// Reads all `forward` lines of a server block; the first whose zone fits a query takes it.
    package static let definition = PluginDefinition("forward") { directives, context throws(ConfigurationError) in
        let configurations = try ForwardConfiguration.directive.readEach(
            directives, serverZones: context.block.zones, initial: ForwardConfiguration(directory: context.directory))
        do {
            return try ForwardPlugin(configurations, context)
        } catch {
            throw ConfigurationError(.invalidValue, "\(error)", at: directives[0].name, plugin: "forward")
        }
    }

    private let configurations: [ForwardConfiguration]
    private let metrics: MetricsRegistry
    private let server: Server
    private let logger: Logger
    let bounds: ForwardBounds
    private let made = Mutex<[ForwardGroup]>([])
    private let engines = Mutex<[Int: Users]>([:])

    /// An engine and how many handlers use it: a block has a handler for each address it listens at.
    private struct Users {
        let engine: ForwardEngine
        var count: Int
    }

    /// - Throws: when metrics cannot be registered.
    init(_ configurations: [ForwardConfiguration], _ context: PluginContext) throws(MetricError) {
        self.configurations = configurations
        metrics = context.metrics
        server = context.server
        bounds = ForwardBounds(context.server.resources)
        logger = context.logger(for: "forward")
        if configurations.allSatisfy(\.names.isEmpty) { try makeGroups(configurations) }
    }

    /// What each line has in common for all workers; nothing before the addresses of names are known.
    var groups: [ForwardGroup] { made.withLock { $0 } }

    private func makeGroups(_ configurations: [ForwardConfiguration]) throws(MetricError) {
        var groups: [ForwardGroup] = []
        for configuration in configurations { groups.append(try ForwardGroup(configuration, metrics)) }
        made.withLock { $0 = groups }
    }

    package func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        let engine = engines.withLock { engines in
            var users = engines[worker.index] ?? Users(engine: ForwardEngine(groups, worker, bounds), count: 0)
            users.count += 1
            engines[worker.index] = users
            return users.engine
        }
        return ForwardHandler(self, engine)
    }

    /// A handler is done with `engine`; the last one closes it.
    ///
    /// Called on the worker's thread.
    func retire(_ engine: ForwardEngine) {
        let isLast = engines.withLock { engines in
            let index = engine.worker.index
            guard let count = engines[index]?.count, count > 1 else {
                engines[index] = nil
                return true
            }
            engines[index]?.count = count - 1
            return false
        }
        if isLast { engine.close() }
    }

    package func start() async throws(StartError) {
        if groups.isEmpty {
            let resolved = try await resolveNames()
            do {
                try makeGroups(resolved)
            } catch {
                throw StartError("\(error)")
            }
        }
        for warning in groups.flatMap(\.configuration.warnings) { logger.warning("\(warning)") }
    }

    /// The configurations, with the addresses of all names.
    private func resolveNames() async throws(StartError) -> [ForwardConfiguration] {
        var resolved = configurations
        for index in resolved.indices where !resolved[index].names.isEmpty {
            let resolution = NameResolution(asking: resolved[index].resolvers) { [server] in server.isShuttingDown }
            do throws(ConfigurationError) {
                try await resolved[index].resolveNames(resolution) { host, failure in
                    logger.warning("failed to resolve \(QuotedText.doubleQuoted(host)), asking again: \(failure)")
                }
            } catch {
                throw StartError("\(error)")
            }
        }
        return resolved
    }

    package func stop() async {
        for upstream in groups.flatMap(\.upstreams) { upstream.stream.close() }
    }
}
