import Corefile
package import DNSServer
import Logging
import Synchronization
import Telemetry

/// Passes queries on to upstreams and their replies back.
package final class ForwardPlugin: Plugin {
    package let name = "forward"
    /// As in CoreDNS: what the upstreams know of other classes is theirs to say.
    package let acceptsAllClasses = true

    /// Reads all `forward` lines of a server block; the first whose zone fits a query takes it.
    package static let definition = PluginDefinition("forward") { directives, context throws(ConfigurationError) in
        let configurations = try ForwardConfiguration.directive.readEach(
            directives, serverZones: context.block.zones, initial: ForwardConfiguration())
        do {
            return try ForwardPlugin(configurations, context)
        } catch {
            throw ConfigurationError(.invalidValue, "\(error)", at: directives[0].name, plugin: "forward")
        }
    }

    let groups: [ForwardGroup]
    private let logger: Logger
    private let engines = Mutex<[Int: Users]>([:])

    /// An engine and how many handlers use it: a block has a handler for each address it listens at.
    private struct Users {
        let engine: ForwardEngine
        var count: Int
    }

    /// - Throws: when metrics cannot be registered.
    init(_ configurations: [ForwardConfiguration], _ context: PluginContext) throws(MetricError) {
        var groups: [ForwardGroup] = []
        for configuration in configurations { groups.append(try ForwardGroup(configuration, context.metrics)) }
        self.groups = groups
        logger = context.logger(for: "forward")
    }

    package func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        let engine = engines.withLock { engines in
            var users = engines[worker.index] ?? Users(engine: ForwardEngine(groups, worker), count: 0)
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
        for configuration in groups.map(\.configuration) {
            if let from = configuration.narrowedFrom {
                logger.warning(
                    "Unsupported CIDR notation: '\(from)' expands to multiple zones. Using only '\(configuration.from)'."
                )
            }
            for text in configuration.rejected { logger.warning("not an IP address in a resolver file: \(text)") }
        }
    }

    package func stop() async {
        for upstream in groups.flatMap(\.upstreams) { upstream.tcp.close() }
    }
}
