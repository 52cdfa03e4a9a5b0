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

    /// Creates or replaces an object given by its members, and tells those who watch.
    ///
    /// Quick for many objects: no text is read, and each encoding is written when it is first asked for.
    ///
    /// - Parameters:
    ///   - path: the collection, `/api/v1/services`.
    ///   - members: `metadata`, `spec` and so on, nested as in JSON: dictionaries, arrays, strings, `Int`s, `Bool`s.
    /// - Throws: `malformedObject`.
    package func put(_ members: [String: any Sendable], in path: String) throws(StandInError) {
        try state.withLock { state throws(StandInError) in try state.store.put(members, in: path) }
    }

    /// Begins to serve a kind that is not served yet, as a custom resource definition does: in JSON alone.
    package func define(_ kind: String, apiVersion: String, path: String) {
        state.withLock { $0.store.add(path, kind, apiVersion) }
    }

    /// Ceases to serve a kind.
    package func undefine(path: String) {
        state.withLock { $0.store.remove(path) }
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

    /// Writes all objects as protobuf now, so that the first list costs no more than the next.
    package func writeProtobuf() {
        let collections = state.withLock { $0.store.collections.values }
        for collection in collections where collection.hasProtobuf {
            for object in collection.objects.values { _ = object.text.form(Presentation(encoding: .protobuf)) }
        }
    }

    // MARK: Open watches

    /// Sends a bookmark to every watch that takes them.
    ///
    /// - Parameter version: the version it names; the present one when there is none.
    package func sendBookmarks(version: UInt64? = nil) {
        state.withLock { $0.store.sendBookmarks(version: version) }
    }

    /// Breaks off open watches in the middle of an event.
    ///
    /// - Parameter resource: the plural of the objects; all when there is none.
    package func cutWatches(resource: String? = nil) {
        state.withLock { $0.store.signal(resource: resource) { [.bytes(Reply.halfEvent($0)), .cut] } }
    }

    /// Tells open watches that their history is gone.
    package func expireWatches(resource: String? = nil) {
        state.withLock { $0.store.signal(resource: resource) { [.bytes(Refusal.expired.event($0))] } }
    }

    /// Sends any text to open watches: as a line of JSON, or as a frame of protobuf.
    package func sendLine(_ text: String, resource: String? = nil) {
        state.withLock {
            $0.store.signal(resource: resource) { encoding in
                let bytes = ByteBuffer(string: text)
                return [.bytes(encoding == .json ? ByteBuffer(string: text + "\n") : ProtobufForm.framed(bytes))]
            }
        }
    }

    /// Ceases or begins again to tell open watches of changes; bookmarks go on.
    ///
    /// What was withheld is not told later.
    ///
    /// - Parameter path: the collection, `/api/v1/services`.
    package func withholdEvents(_ isOn: Bool, of path: String) {
        state.withLock { state in
            if isOn { state.store.withheld.insert(path) } else { state.store.withheld.remove(path) }
        }
    }
}
