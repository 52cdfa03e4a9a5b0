import DNSWire
import Synchronization

/// Which entries the source is being asked for, so that those who ask for one in the meantime can wait for its word, in whatever
/// worker.
///
/// Used for `serve_stale … verify` without RECHECK only. There are no more rows than refreshes under way.
final class RefreshBoard: Sendable {
    private struct Row {
        let id: UInt64
        let key: ReplyKey
        let name: [UInt8]
        /// Handlers with queries that wait, the one that refreshes left aside; each once.
        var listeners: [CacheHandler] = []
    }

    private struct Rows {
        var lastID: UInt64 = 0
        var byHash: [UInt64: Row] = [:]
    }

    private let rows = Mutex(Rows())

    /// Puts up that the source is being asked for `name`.
    ///
    /// A row that is there belongs to a refresh that was given up as lost; those who wait for it wait for this one.
    /// - Returns: what ``end(_:_:)`` is told.
    func begin(_ key: ReplyKey, _ name: Span<UInt8>) -> UInt64 {
        let name = name.copy()
        return rows.withLock { rows in
            rows.lastID += 1
            let former = rows.byHash[key.hash]?.listeners ?? []
            rows.byHash[key.hash] = Row(id: rows.lastID, key: key, name: name, listeners: former)
            return rows.lastID
        }
    }

    /// Has `handler` told of the end of the refresh of `name`.
    ///
    /// - Returns: false when there is none.
    func join(_ key: ReplyKey, _ name: Span<UInt8>, _ handler: CacheHandler) -> Bool {
        let name = name.copy()
        return rows.withLock { rows in
            guard let row = rows.byHash[key.hash], row.key == key, row.name == name else { return false }
            if !row.listeners.contains(where: { $0 === handler }) {
                rows.byHash[key.hash]?.listeners.append(handler)
            }
            return true
        }
    }

    /// Takes the row down.
    ///
    /// - Returns: who is to be told.
    func end(_ id: UInt64, _ key: ReplyKey) -> [CacheHandler] {
        rows.withLock { rows in
            guard rows.byHash[key.hash]?.id == id else { return [] }
            return rows.byHash.removeValue(forKey: key.hash)?.listeners ?? []
        }
    }

    /// How many refreshes are under way.
    var count: Int { rows.withLock { $0.byHash.count } }
}
