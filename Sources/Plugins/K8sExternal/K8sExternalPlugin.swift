package import Corefile
package import DNSServer
import DNSWire
import Synchronization

/// Answers in zones of their own for the external addresses of a cluster's services, which the `kubernetes` plugin of the same
/// server block follows.
package final class K8sExternalPlugin: Plugin {
    package let name = "k8s_external"

    /// Reads `k8s_external` of a server block.
    package static let definition = PluginDefinition("k8s_external") { directives, context throws(ConfigurationError) in
        let configuration = try K8sExternalConfiguration.directive.read(
            directives, serverZones: context.block.zones, initial: K8sExternalConfiguration())
        return try K8sExternalPlugin(configuration, at: directives[0].name)
    }

    private let configuration: K8sExternalConfiguration
    private let place: Token
    private let zones: [ExternalZone]
    private let fallthroughZones: ZoneScope
    /// Set before any handler is made.
    private let kubernetes = Mutex<KubernetesPlugin?>(nil)

    init(_ configuration: K8sExternalConfiguration, at place: Token) throws(ConfigurationError) {
        self.configuration = configuration
        self.place = place
        fallthroughZones = ZoneScope(configuration.fallthroughZones ?? [])
        var zones: [ExternalZone] = []
        for text in configuration.zones {
            guard let name = try? Name(parsing: text), let zone = ExternalZone(name, apex: configuration.apex) else {
                throw ConfigurationError(
                    .invalidZone, "the names of the name server of '\(QuotedText.excerpt(text))' are too long",
                    at: place,
                    hint: "take a shorter apex", plugin: "k8s_external")
            }
            zones.append(zone)
        }
        self.zones = zones
    }

    package func connect(to block: PluginSet) throws(ConfigurationError) {
        guard let found = block.first(of: KubernetesPlugin.self) else {
            throw ConfigurationError(
                .conflictingOptions, "kubernetes plugin not loaded", at: place,
                hint: "add 'kubernetes' to the server block", plugin: "k8s_external")
        }
        kubernetes.withLock { $0 = found }
    }

    package func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        guard let kubernetes = kubernetes.withLock({ $0 }), let primary = zones.first else { return nil }
        let responder = ExternalResponder(
            zones: zones.sorted { $0.name.wire.count > $1.name.wire.count }, primaryZone: primary.name,
            servesHeadless: configuration.servesHeadless, ttl: UInt32(clamping: configuration.ttl),
            policy: kubernetes.policy)
        return K8sExternalHandler(kubernetes, responder, fallthroughZones, worker)
    }
}
