import Synchronization

/// Keeps one copy of each string that comes again and again.
///
/// Node names and zones come once for every endpoint; without this each is an allocation of its own. A table lives as
/// long as one list or one watch.
final class StringTable: Sendable {
    /// So many strings, and the table begins anew: a cluster has fewer nodes.
    private static let limit = 1 << 16

    private let strings = Mutex<Set<String>>([])

    /// The first string of this value that was asked for.
    func shared(_ text: String) -> String {
        // Swift keeps up to fifteen bytes in the value itself.
        guard text.utf8.count > 15 else { return text }
        return strings.withLock { strings in
            if strings.count >= Self.limit { strings = [] }
            return strings.insert(text).memberAfterInsert
        }
    }
}
