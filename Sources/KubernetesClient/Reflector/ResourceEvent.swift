/// What a reflector tells of the objects it follows.
package enum ResourceEvent<Resource: KubernetesResource>: Sendable, Equatable {
    /// The complete present state: an object that is not in it no longer exists.
    ///
    /// Sent once at first and again whenever the history was lost; what was served until then stays valid until this
    /// arrives.
    case replaced([Resource], resourceVersion: String)
    /// An object is new, or begins to match the selector.
    case added(Resource)
    /// An object changed.
    case modified(Resource)
    /// An object is gone, or no longer matches the selector. Its last state comes with it.
    case deleted(Resource)
    /// Nothing changed up to this version.
    case bookmark(resourceVersion: String)
}
