/// What every object has: its name, its place and its version.
package struct ObjectMetadata: Sendable, Hashable {
    /// The object's name.
    package var name: String
    /// The object's namespace; empty for objects outside of namespaces.
    package var namespace: String
    /// The version of this state of the object.
    ///
    /// Opaque: only to be handed back to the API server.
    package var resourceVersion: String
    /// Whether deletion has begun (`deletionTimestamp` is set).
    package var isTerminating: Bool

    /// Creates metadata.
    package init(
        name: String, namespace: String = "", resourceVersion: String = "",
        isTerminating: Bool = false
    ) {
        self.name = name
        self.namespace = namespace
        self.resourceVersion = resourceVersion
        self.isTerminating = isTerminating
    }

    /// The key of the object among objects of its kind.
    package var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }
}

/// Namespace and name: the identity of an object among objects of its kind at one time.
package struct ObjectKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The namespace; empty for objects outside of namespaces.
    package var namespace: String
    /// The name.
    package var name: String

    /// Creates a key.
    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    package var description: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }

    package static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        (left.namespace, left.name) < (right.namespace, right.name)
    }
}
