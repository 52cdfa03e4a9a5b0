/// A kind of object that can be listed and watched.
///
/// The conforming types keep only what a name server needs; everything else of the object is dropped while decoding.
package protocol KubernetesResource: Sendable, Equatable {
    /// Where the API server keeps objects of this kind.
    static var endpoint: ResourceEndpoint { get }

    /// The encodings that objects of this kind can come in.
    static var encodings: ResourceEncodings<Self> { get }

    /// The part every object has.
    var metadata: ObjectMetadata { get }

    /// How many addresses of the object were dropped because they are none.
    var malformedAddressCount: Int { get }
}

extension KubernetesResource {
    /// No address is dropped from a kind that has none.
    package var malformedAddressCount: Int { 0 }
}

/// The place of a kind of object in the API.
package struct ResourceEndpoint: Sendable, Hashable {
    /// Group and version as a path, `/api/v1` or `/apis/GROUP/VERSION`.
    package let groupPath: String
    /// The plural in lower case, as it is written in paths and in log lines.
    package let plural: String
    /// Whether the objects live in namespaces.
    package let isNamespaced: Bool
    /// Whether there are clusters that do not know the kind; such a cluster has no object of it.
    package let isOptional: Bool

    /// Creates the place of a kind of object.
    package init(groupPath: String, plural: String, isNamespaced: Bool, isOptional: Bool = false) {
        self.groupPath = groupPath
        self.plural = plural
        self.isNamespaced = isNamespaced
        self.isOptional = isOptional
    }

    /// The collection's path, of one namespace or of all.
    ///
    /// A namespace is ignored for kinds that do not live in one.
    package func path(namespace: String?) -> String {
        guard isNamespaced, let namespace else { return "\(groupPath)/\(plural)" }
        return "\(groupPath)/namespaces/\(PercentEncoding.encode(namespace))/\(plural)"
    }
}
