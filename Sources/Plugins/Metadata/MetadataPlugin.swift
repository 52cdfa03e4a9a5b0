package import Corefile
package import DNSServer
import DNSWire
import Synchronization

/// Lets plugins name what other plugins of the server block know of a query.
///
/// Nothing is gathered in advance: a value is asked for when it is named, so that a query that nobody names a label of costs
/// nothing.
package final class MetadataPlugin: Plugin {
    package let name = "metadata"
    package let leavesQuestionsAlone = true
    package let isPartOfChain = true

    struct Configuration: Sendable {
        /// The zones of the names that providers are asked about.
        var zones: [String] = []

        static let directive = DirectiveDeclaration<Configuration>(
            name: "metadata", summary: "lets plugins name what others know of a query",
            arguments: .init(
                usage: "[ZONES...]", summary: "the zones that values are given for",
                defaultText: "the zones of the server block"
            ) { configuration, reader throws(ConfigurationError) in
                configuration.zones = try reader.zones()
            })
    }

    /// Reads `metadata` of a server block.
    package static let definition = PluginDefinition("metadata") { directives, context throws(ConfigurationError) in
        let configuration = try Configuration.directive.read(
            directives, serverZones: context.block.zones, initial: Configuration())
        return MetadataPlugin(configuration)
    }

    private let zones: ZoneScope
    /// By label; one that ends in a slash stands for all that begin with it.
    ///
    /// Set before any query comes.
    private let providers = Mutex<[String: any MetadataProvider]>([:])

    init(_ configuration: Configuration) {
        zones = ZoneScope(configuration.zones)
    }

    package func connect(to block: PluginSet) throws(ConfigurationError) {
        var found: [String: any MetadataProvider] = [:]
        for provider in block.all(of: (any MetadataProvider).self) {
            for label in provider.metadataLabels { found[label] = provider }
        }
        providers.withLock { $0 = found }
    }
}

extension MetadataPlugin: MetadataCollector {
    package func metadata(_ label: String, for query: Query) -> String? {
        guard zones.contains(query.name), let provider = provider(of: label) else { return nil }
        return provider.metadata(label, for: query)
    }

    /// The provider of the label itself, else of the longest beginning of it that ends in a slash.
    private func provider(of label: String) -> (any MetadataProvider)? {
        providers.withLock { providers in
            if let provider = providers[label] { return provider }
            var rest = Substring(label)
            while let slash = rest.lastIndex(of: "/") {
                if let provider = providers[String(rest[...slash])] { return provider }
                rest = rest[..<slash]
            }
            return nil
        }
    }
}
