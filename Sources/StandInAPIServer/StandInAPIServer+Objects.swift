import Foundation
import NIOCore
import Synchronization

extension StandInAPIServer {
    /// Takes recorded lists as the first state.
    ///
    /// - Parameter file: a JSON file with an object whose names are API paths and whose values are lists.
    /// - Throws: `StandInError.malformedObject`, or the error of reading the file.
    package func load(file: String) throws {
        let scanner = JSONScanner(try Data(contentsOf: URL(filePath: file)))
        try state.withLock { try $0.store.load(scanner) }
    }

    /// Creates or replaces an object, and tells those who watch.
    ///
    /// - Parameter json: the whole object with its `kind`; the version in it is ignored.
    /// - Throws: `malformedObject`.
    package func apply(_ json: String) throws(StandInError) {
        let object = try JSONText.read(json.utf8)
        try state.withLock { state throws(StandInError) in try state.store.apply(object) }
    }

    /// Removes an object, and tells those who watch.
    ///
    /// - Parameter path: the collection, `/api/v1/services`.
    /// - Returns: whether there was such an object.
    @discardableResult
    package func delete(_ path: String, namespace: String = "", name: String) -> Bool {
        state.withLock { $0.store.delete(path, StoredKey(namespace: namespace, name: name)) }
    }

    /// The present version.
    package var version: UInt64 { state.withLock { $0.store.version } }

    /// How many watches are open.
    package var watcherCount: Int { state.withLock { $0.store.watcherCount } }

    /// Forgets all history: a watch from, or a page of, an earlier version is answered with 410.
    package func forgetHistory() {
        state.withLock { $0.store.forgetHistory() }
    }

    // MARK: Open watches

    /// Sends a bookmark to every watch that takes them.
    package func sendBookmarks() {
        state.withLock { $0.store.sendBookmarks() }
    }

    /// Breaks off open watches in the middle of a line.
    ///
    /// - Parameter resource: the plural of the objects; all when there is none.
    package func cutWatches(resource: String? = nil) {
        state.withLock { $0.store.signal([.bytes(Reply.halfLine), .cut], resource: resource) }
    }

    /// Tells open watches that their history is gone.
    package func expireWatches(resource: String? = nil) {
        state.withLock { $0.store.signal([.bytes(Reply.expiredLine)], resource: resource) }
    }

    /// Sends a line of any text to open watches.
    package func sendLine(_ text: String, resource: String? = nil) {
        state.withLock { $0.store.signal([.bytes(ByteBuffer(string: text + "\n"))], resource: resource) }
    }
}
