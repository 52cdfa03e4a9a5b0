import Corefile
package import DNSServer
import Synchronization
import Telemetry

/// Keeps the replies of the plugins behind it, for all workers together, and answers from them.
package final class CachePlugin: Plugin {
    package let name = "cache"
    package let leavesQuestionsAlone = true

    /// Reads `cache` of a server block.
    package static let definition = PluginDefinition("cache") { directives, context throws(ConfigurationError) in
        let configuration = try CacheConfiguration.directive.read(
            directives, serverZones: context.block.zones, initial: CacheConfiguration())
        do {
            return try CachePlugin(configuration, context)
        } catch {
            throw ConfigurationError(.invalidValue, "\(error)", at: directives[0].name, plugin: "cache")
        }
    }

    let configuration: CacheConfiguration
    let state: CacheState
    let metrics: CacheMetrics
    /// The zones whose names are looked up, and those whose replies are not kept.
    let zones: ZoneScope
    let disabledSuccess: ZoneScope
    let disabledDenial: ZoneScope
    private let tokens = Mutex<[CollectorToken]>([])

    /// Takes over the cache of the configuration before; what the new settings do not allow goes when they serve.
    ///
    /// - Throws: when there are too many metrics, or another one has the name.
    init(_ configuration: CacheConfiguration, _ context: PluginContext) throws(MetricError) {
        self.configuration = configuration
        zones = ZoneScope(configuration.zones)
        disabledSuccess = ZoneScope(configuration.success.disabledZones)
        disabledDenial = ZoneScope(configuration.denial.disabledZones)
        metrics = try CacheMetrics(
            server: context.block.serverLabel, zones: configuration.zones.joined(separator: ","),
            view: context.block.viewName, context.metrics)
        state = context.handover.object(CacheState.key(context.block)) {
            CacheState(configuration, budget: context.server.resources.cache)
        }
    }

    package func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        CacheHandler(self, worker)
    }

    package func start() async throws(StartError) {
        do throws(MetricError) {
            let tokens = try metrics.showSizes(state)
            self.tokens.withLock { $0 = tokens }
        } catch {
            throw StartError("plugin/cache: \(error)")
        }
    }

    package func didStart() async {
        // What this server itself answers may be otherwise now, and costs next to nothing to be made again.
        state.removeLocal()
        state.adapt(to: configuration)
    }

    package func stop() async {
        metrics.remove(tokens.withLock { $0 })
    }
}

/// The replies that are kept, and which of them the source is being asked for; they outlive a reload.
final class CacheState: Sendable {
    let success: CacheStore
    let denial: CacheStore
    let board = RefreshBoard()

    init(_ configuration: CacheConfiguration, budget: OctetBudget) {
        success = CacheStore(configuration.bounds(of: configuration.success), budget: budget)
        denial = CacheStore(configuration.bounds(of: configuration.denial), budget: budget)
    }

    /// Keeps what `configuration` allows, for as long as it allows it.
    ///
    /// Names of zones that are looked up no more, or of which nothing is kept, are not found and go when their place is needed.
    func adapt(to configuration: CacheConfiguration) {
        let now = SystemClock.monotonic
        success.adapt(to: configuration.bounds(of: configuration.success), now: now)
        denial.adapt(to: configuration.bounds(of: configuration.denial), now: now)
    }

    /// Forgets what was made by plugins of this server.
    func removeLocal() {
        success.removeLocal()
        denial.removeLocal()
    }

    /// Where a cache stands, which is all that must stay the same for it to be taken over: the server and the block's first zone,
    /// which no other block of that server has.
    static func key(_ block: BlockIdentity) -> String {
        "cache/\(block.key)"
    }
}
