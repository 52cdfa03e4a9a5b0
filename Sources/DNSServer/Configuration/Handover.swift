import Synchronization

/// State that outlives a configuration, by key.
///
/// While a configuration is built, its plugins ask for what they need: what the running configuration already has under the
/// same key is handed over as it is, so that a reload keeps caches warm and watches open. What nobody asked for again is
/// dropped when the new configuration serves; what a failed configuration made anew is dropped with it.
package final class Handover: Sendable {
    private let previous: [String: any AnyObject & Sendable]
    private let current = Mutex<[String: any AnyObject & Sendable]>([:])

    /// Starts the next configuration's state from the running one's.
    package init(after previous: Handover? = nil) {
        self.previous = previous?.current.withLock { $0 } ?? [:]
    }

    /// The object under `key`: from this configuration, else from the one before, else made now.
    package func object<Object: AnyObject & Sendable, Failure: Error>(
        _ key: String, make: () throws(Failure) -> Object
    ) throws(Failure) -> Object {
        if let known = current.withLock({ $0[key] }) as? Object { return known }
        let object = if let former = previous[key] as? Object { former } else { try make() }
        current.withLock { $0[key] = object }
        return object
    }

    /// Whether `key` comes from the configuration before.
    package func isInherited(_ key: String) -> Bool {
        previous[key] != nil
    }

    /// The objects of this configuration that `next` did not take.
    package func abandoned(by next: Handover?) -> [any AnyObject & Sendable] {
        let kept = next?.current.withLock { Set($0.values.map { ObjectIdentifier($0) }) } ?? []
        return current.withLock { state in state.values.filter { !kept.contains(ObjectIdentifier($0)) } }
    }
}

/// Shared state with something to close when no configuration holds it any more.
package protocol HandoverResource: AnyObject, Sendable {
    /// Closes; called once, when the last configuration that held it has ended.
    func close() async
}
