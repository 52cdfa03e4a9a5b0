package import Basics

/// A ServiceImport (`multicluster.x-k8s.io/v1alpha1`), trimmed: a service of several clusters.
///
/// Source: KEP-1645.
package struct ServiceImport: KubernetesResource {
    /// How the service is reached.
    package enum Kind: UInt8, Sendable, Hashable {
        /// Through the service's own addresses (`ClusterSetIP`).
        case clusterSetIP
        /// Through the addresses of its backends.
        case headless
    }

    package static let endpoint = ResourceEndpoint(
        groupPath: "/apis/multicluster.x-k8s.io/v1alpha1", plural: "serviceimports", isNamespaced: true,
        isOptional: true)
    package static let encodings = ResourceEncodings<Self>.json(jsonParts)

    package var metadata: ObjectMetadata
    /// How the service is reached.
    ///
    /// An unknown or missing type is `clusterSetIP`.
    package var kind: Kind
    /// The service's addresses; empty when headless.
    package var addresses: [IPAddress]
    /// The ports, in the order of the object.
    package var ports: [Service.Port]
    package var malformedAddressCount: Int

    /// Creates a service of several clusters.
    package init(
        metadata: ObjectMetadata, kind: Kind = .clusterSetIP, addresses: [IPAddress] = [], ports: [Service.Port] = [],
        malformedAddressCount: Int = 0
    ) {
        self.metadata = metadata
        self.kind = kind
        self.addresses = addresses
        self.ports = ports
        self.malformedAddressCount = malformedAddressCount
    }
}
