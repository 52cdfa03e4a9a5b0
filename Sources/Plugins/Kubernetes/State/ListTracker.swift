/// Which of the objects that are known a list under way has not shown yet.
struct ListTracker<Key: Hashable & Sendable>: Sendable {
    private var unseen: Set<Key>?

    /// A list begins, while the objects `known` are there.
    mutating func begin(_ known: some Sequence<Key>) {
        unseen = Set(known)
    }

    /// The list shows an object.
    mutating func saw(_ key: Key) {
        unseen?.remove(key)
    }

    /// The list is complete.
    ///
    /// - Returns: the objects that it did not show and that are no more.
    mutating func end() -> Set<Key> {
        defer { unseen = nil }
        return unseen ?? []
    }
}
