import NIOCore

/// All objects, their versions, and who watches them.
struct ObjectStore: Sendable {
    private(set) var version: UInt64 = 1
    private(set) var collections: [String: Collection] = [:]
    private var watchers: [Int: Watcher] = [:]
    private var nextWatcher = 0
    let historyLimit: Int
    /// The collections of whose changes open watches are not told.
    var withheld: Set<String> = []

    init(historyLimit: Int) {
        self.historyLimit = historyLimit
        add("/api/v1/namespaces", "Namespace", "v1")
        add("/api/v1/services", "Service", "v1")
        add("/api/v1/pods", "Pod", "v1")
        add("/apis/discovery.k8s.io/v1/endpointslices", "EndpointSlice", "discovery.k8s.io/v1")
    }

    /// Begins to serve a kind.
    mutating func add(_ path: String, _ kind: String, _ apiVersion: String) {
        collections[path] = Collection(kind: kind, apiVersion: apiVersion, historyLimit: historyLimit)
    }

    /// Ceases to serve a kind.
    mutating func remove(_ path: String) {
        collections[path] = nil
        for (number, watcher) in watchers where watcher.path == path { close(number) }
    }

    /// How many watches are open.
    var watcherCount: Int { watchers.count }

    // MARK: Changes

    /// Takes recorded lists as the first state.
    mutating func load(_ scanner: JSONScanner) throws(StandInError) {
        for (path, range) in try scanner.members(of: scanner.all) {
            let list = try scanner.members(of: range)
            guard let items = list["items"], let kind = list["kind"].map(scanner.string), kind.hasSuffix("List"),
                let apiVersion = list["apiVersion"].map(scanner.string)
            else { throw .malformedObject }
            if collections[path] == nil { add(path, String(kind.dropLast(4)), apiVersion) }
            for item in try scanner.elements(of: items) {
                let object = try StoredObject(scanner, item, kind: String(kind.dropLast(4)))
                version = max(version, object.version)
                collections[path]?.load(object)
            }
            if let metadata = list["metadata"], let text = try scanner.members(of: metadata)["resourceVersion"] {
                version = max(version, UInt64(scanner.string(text)) ?? 0)
            }
        }
    }

    /// Creates or replaces an object.
    mutating func apply(_ object: [String: Any]) throws(StandInError) {
        guard let kind = object["kind"] as? String,
            let path = collections.first(where: { $0.value.kind == kind })?.key
        else { throw .malformedObject }
        put(try StoredObject(object, version: version + 1, kind: kind), in: path)
    }

    /// Creates or replaces an object given by its members.
    mutating func put(_ members: [String: any Sendable], in path: String) throws(StandInError) {
        guard let kind = collections[path]?.kind else { throw .malformedObject }
        put(try StoredObject(members: members, version: version + 1, kind: kind), in: path)
    }

    private mutating func put(_ stored: StoredObject, in path: String) {
        version += 1
        let before = collections[path]?.objects[stored.key]
        tell(path, Collection.Change(version: version, before: before, after: stored))
    }

    /// Removes an object.
    ///
    /// - Returns: whether there was one.
    mutating func delete(_ path: String, _ key: StoredKey) -> Bool {
        // The last state goes out with the version of the deletion, so that watches stand behind it.
        guard let collection = collections[path], let present = collection.objects[key],
            let before = try? StoredObject(present.text.members, version: version + 1, kind: collection.kind)
        else { return false }
        version += 1
        tell(path, Collection.Change(version: version, before: before, after: nil))
        return true
    }

    private mutating func tell(_ path: String, _ change: Collection.Change) {
        collections[path]?.record(change)
        guard let collection = collections[path] else { return }
        guard !withheld.contains(path) else { return }
        for watcher in watchers.values where watcher.path == path {
            if let event = collection.event(change, watcher) { watcher.signals.yield(.bytes(event)) }
        }
    }

    /// Forgets all history: versions before the present one are gone.
    mutating func forgetHistory() {
        version += 1
        for path in collections.keys { collections[path]?.forget(before: version) }
    }

    // MARK: Watches

    /// Opens a watch and sends what it has missed.
    ///
    /// - Returns: its number, for `close`.
    mutating func open(_ watcher: Watcher, from start: UInt64?, sendsInitialEvents: Bool) -> Int {
        if let start, !sendsInitialEvents {
            catchUp(watcher, from: start)
        } else {
            sendState(to: watcher, endsInitialEvents: sendsInitialEvents)
        }
        nextWatcher += 1
        watchers[nextWatcher] = watcher
        return nextWatcher
    }

    private func catchUp(_ watcher: Watcher, from start: UInt64) {
        guard let collection = collections[watcher.path] else { return }
        guard start >= collection.oldestVersion else {
            watcher.signals.yield(.bytes(Refusal.expired.event(watcher.encoding)))
            watcher.signals.finish()
            return
        }
        for change in collection.changes where change.version > start {
            if let event = collection.event(change, watcher) { watcher.signals.yield(.bytes(event)) }
        }
    }

    private mutating func sendState(to watcher: Watcher, endsInitialEvents: Bool) {
        guard let keys = collections[watcher.path]?.keys(), let collection = collections[watcher.path] else { return }
        for key in keys {
            guard let object = collection.objects[key], watcher.selection.contains(object) else { continue }
            watcher.signals.yield(.bytes(collection.addedEvent(object, watcher.encoding)))
        }
        guard endsInitialEvents else { return }
        let bookmark = collection.bookmark(version: version, endsInitialEvents: true, watcher.encoding)
        watcher.signals.yield(.bytes(bookmark))
    }

    mutating func close(_ number: Int) {
        watchers[number]?.signals.finish()
        watchers[number] = nil
    }

    /// Sends a bookmark to every watch that takes them.
    ///
    /// - Parameter told: the version it names; the present one when there is none.
    func sendBookmarks(version told: UInt64? = nil) {
        for watcher in watchers.values where watcher.takesBookmarks {
            guard let collection = collections[watcher.path] else { continue }
            watcher.signals.yield(.bytes(collection.bookmark(version: told ?? version, watcher.encoding)))
        }
    }

    /// Sends the same to every watch, of one kind of object or of all.
    func signal(resource: String?, _ signals: (Encoding) -> [WatchSignal]) {
        for watcher in watchers.values where resource == nil || watcher.path.hasSuffix("/\(resource ?? "")") {
            for signal in signals(watcher.encoding) { watcher.signals.yield(signal) }
        }
    }

    // MARK: Lists

    /// A page of a list, or nothing when the token's version is gone.
    mutating func page(
        _ path: String, _ selection: Selection, limit: Int, token: ContinueToken?, _ presentation: Presentation
    ) -> ByteBuffer? {
        guard let keys = collections[path]?.keys(), let collection = collections[path] else { return nil }
        if let token, token.version < collection.oldestVersion { return nil }
        var items: [StoredObject] = []
        var isLast = true
        for key in keys where token == nil || key > token?.last ?? key {
            guard let object = collection.objects[key], selection.contains(object) else { continue }
            guard limit == 0 || items.count < limit else {
                isLast = false
                break
            }
            items.append(object)
        }
        let listVersion = token?.version ?? version
        let next = isLast ? nil : items.last.map { ContinueToken(version: listVersion, last: $0.key) }
        return collection.list(items, version: listVersion, next: next, presentation)
    }
}
