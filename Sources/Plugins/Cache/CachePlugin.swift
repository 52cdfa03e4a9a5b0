import Corefile
package import DNSServer
import Synchronization
import Telemetry

/// Keeps the replies of the plugins behind it, for all workers together, and answers from them.
package final class CachePlugin: Plugin {
    package let name = "cache"

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

    /// Takes over the cache of the configuration before if it had the same settings.
    ///
    /// - Throws: when there are too many metrics, or another one has the name.
    init(_ configuration: CacheConfiguration, _ context: PluginContext) throws(MetricError) {
        self.configuration = configuration
        zones = ZoneScope(configuration.zones)
        disabledSuccess = ZoneScope(configuration.success.disabledZones)
        disabledDenial = ZoneScope(configuration.denial.disabledZones)
        metrics = try CacheMetrics(
            server: context.block.serverLabel, zones: configuration.zones.joined(separator: ","), context.metrics)
        state = context.handover.object(configuration.handoverKey(context.block)) {
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

    package func stop() async {
        metrics.remove(tokens.withLock { $0 })
    }
}

/// The replies that are kept; they outlive a reload that changes nothing about them.
final class CacheState: Sendable {
    let success: CacheStore
    let denial: CacheStore

    init(_ configuration: CacheConfiguration, budget: OctetBudget) {
        success = CacheStore(capacity: configuration.success.capacity, budget: budget)
        denial = CacheStore(capacity: configuration.denial.capacity, budget: budget)
    }
}

extension CacheConfiguration {
    /// What must be the same for a cache to be taken over: where it stands, and every setting that its entries depend on.
    fileprivate func handoverKey(_ block: BlockIdentity) -> String {
        "cache/\(block.serverLabel) \(block.zones) \(zones) \(success) \(denial) \(failureTTL)"
    }
}
