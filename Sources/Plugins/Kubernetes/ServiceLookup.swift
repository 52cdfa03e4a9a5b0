import DNSWire

/// The services of a cluster at one moment, by name, for measurements of the table that they are in.
package final class ServiceLookup {
    private let services: NameTable<ServiceView>

    /// Takes what the plugin knows now.
    package init(_ plugin: KubernetesPlugin) {
        services = plugin.source.state.publisher.snapshot.services
    }

    /// Whether there is a service with these labels: its own and its namespace's, in lower-case wire form without a root label.
    ///
    /// - Complexity: O(log n).
    package func contains(_ labels: Span<UInt8>) -> Bool {
        services.find(labels, 0..<labels.count) != nil
    }
}
