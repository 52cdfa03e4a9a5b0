/// A Namespace (`v1`), trimmed.
package struct Namespace: KubernetesResource {
    package static let endpoint = ResourceEndpoint(groupPath: "/api/v1", plural: "namespaces", isNamespaced: false)
    package static let encodings = ResourceEncodings.protobuf(json: jsonParts, Self.init(_:_:))

    package var metadata: ObjectMetadata
    /// The namespace's labels.
    package var labels: [String: String]

    /// Creates a namespace.
    package init(metadata: ObjectMetadata, labels: [String: String] = [:]) {
        self.metadata = metadata
        self.labels = labels
    }
}
