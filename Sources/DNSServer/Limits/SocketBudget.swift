import Synchronization

/// How many connected UDP sockets the process has, and may have: those to upstreams.
///
/// Without a bound they would take the files that listeners, connections and the API server need. Who is refused one uses another that
/// is open already.
package enum SocketBudget {
    private static let limit = Atomic<Int>(.max)
    private static let used = Atomic<Int>(0)

    /// Sets the limit, for the whole process.
    package static func limit(to count: Int) {
        limit.store(count, ordering: .relaxed)
    }

    /// Takes a place; false when there is none.
    static func take() -> Bool {
        if used.add(1, ordering: .relaxed).newValue <= limit.load(ordering: .relaxed) { return true }
        giveBack()
        return false
    }

    static func giveBack() {
        used.subtract(1, ordering: .relaxed)
    }
}
