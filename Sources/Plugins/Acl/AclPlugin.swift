import Corefile
package import DNSServer
import Telemetry

/// Lets queries through by who asks, and for what type.
package final class AclPlugin: Plugin {
    package let name = "acl"

    /// Reads `acl` of a server block, which may stand there several times.
    package static let definition = PluginDefinition("acl") { directives, context throws(ConfigurationError) in
        let configurations = try AclConfiguration.directive.readEach(
            directives, serverZones: context.block.zones, initial: AclConfiguration())
        do {
            return try AclPlugin(configurations, context)
        } catch {
            throw ConfigurationError(.invalidValue, "\(error)", at: directives[0].name, plugin: "acl")
        }
    }

    private let rules: [AclRule]
    private let places: [[Int]]
    private let counts: AclCounts

    init(_ configurations: [AclConfiguration], _ context: PluginContext) throws(MetricError) {
        rules = configurations.map { AclRule($0) }
        var zones: [String] = []
        places = rules.map { rule in
            rule.zones.texts.map { zone in
                if let known = zones.firstIndex(of: zone) { return known }
                zones.append(zone)
                return zones.count - 1
            }
        }
        counts = try AclCounts(zones: zones, block: context.block, context.metrics)
    }

    package func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        AclHandler(rules, places: places, counts, worker)
    }
}
