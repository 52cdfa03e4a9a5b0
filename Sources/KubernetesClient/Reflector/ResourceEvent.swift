/// What a reflector tells of the objects it follows.
///
/// ```
///   listBegan  listed*  listEnded   ( added | modified | deleted | bookmark )*   listBegan …
/// ```
package enum ResourceEvent<Resource: KubernetesResource>: Sendable, Equatable {
    /// The present state follows, from the beginning.
    ///
    /// What was told before stays valid until ``listEnded(resourceVersion:)``; a list that broke off begins again with this.
    case listBegan
    /// Objects that exist, new or not: some of the present state.
    case listed([Resource])
    /// The present state is complete: an object that was not in it no longer exists.
    case listEnded(resourceVersion: String)
    /// An object is new, or begins to match the selector.
    case added(Resource)
    /// An object changed.
    case modified(Resource)
    /// An object is gone, or no longer matches the selector. Its last state comes with it.
    case deleted(Resource)
    /// Nothing changed up to this version.
    case bookmark(resourceVersion: String)
}
