package import DNSServer
import DNSWire
import HashTreeCollections
import KubernetesClient

extension KubernetesPlugin: MetadataProvider {
    private static let prefix = "kubernetes/"

    package var metadataLabels: [String] {
        let names = [
            "endpoint", "kind", "namespace", "port-name", "protocol", "service", "cluster", "zone", "parse-error",
            "client-namespace", "client-pod-name", "client-label/",
        ]
        return names.map { Self.prefix + $0 }
    }

    package func metadata(_ label: String, for query: Query) -> String? {
        guard label.hasPrefix(Self.prefix) else { return nil }
        let name = String(label.dropFirst(Self.prefix.count))
        if name.hasPrefix("client-") { return client(of: query).flatMap { ClusterMetadata.value(name, of: $0) } }
        guard let zone = policy.zone(of: query.name) else { return nil }
        return ClusterMetadata.value(name, of: KubernetesHandler.question(query, in: zone), policy)
    }

    /// The pod that asks, any of several with one address; nil unless pods are followed.
    private func client(of query: Query) -> ClusterMetadata.Client? {
        guard let address = query.client.address,
            let pod = source.state.publisher.snapshot.clients?[address]?.first
        else { return nil }
        return ClusterMetadata.Client(namespace: pod.key.namespace, name: pod.key.name, labels: pod.labels)
    }
}
