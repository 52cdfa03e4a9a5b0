import NIOCore

/// The objects of one kind, and their recent history.
struct Collection: Sendable {
    /// A change that is still remembered.
    struct Change: Sendable {
        var version: UInt64
        var before: StoredObject?
        var after: StoredObject?
    }

    let kind: String
    let apiVersion: String
    /// How many changes are remembered.
    let historyLimit: Int
    private(set) var objects: [StoredKey: StoredObject] = [:]
    private(set) var changes: [Change] = []
    /// Watches must begin at this version or above it.
    private(set) var oldestVersion: UInt64 = 0
    private var sortedKeys: [StoredKey]?

    init(kind: String, apiVersion: String, historyLimit: Int) {
        self.kind = kind
        self.apiVersion = apiVersion
        self.historyLimit = historyLimit
    }

    /// The object's keys in the order of lists.
    mutating func keys() -> [StoredKey] {
        if let sortedKeys { return sortedKeys }
        let keys = objects.keys.sorted()
        sortedKeys = keys
        return keys
    }

    /// Takes an object into the first state, without history.
    mutating func load(_ object: StoredObject) {
        objects[object.key] = object
        sortedKeys = nil
    }

    /// Sets or removes an object.
    mutating func record(_ change: Change) {
        guard let key = (change.after ?? change.before)?.key else { return }
        if (objects[key] == nil) != (change.after == nil) { sortedKeys = nil }
        objects[key] = change.after
        changes.append(change)
        if changes.count > 2 * historyLimit { forget(keeping: historyLimit) }
    }

    /// Forgets all but the last changes.
    mutating func forget(keeping count: Int) {
        guard changes.count > count else { return }
        oldestVersion = changes[changes.count - count - 1].version
        changes.removeFirst(changes.count - count)
    }

    /// Forgets everything before a version.
    mutating func forget(before version: UInt64) {
        changes = []
        oldestVersion = version
    }

    /// A change as the line of a watch, or nothing when the selection does not see it.
    func line(_ change: Change, _ selection: Selection) -> ByteBuffer? {
        let before = change.before.flatMap { selection.contains($0) ? $0 : nil }
        let after = change.after.flatMap { selection.contains($0) ? $0 : nil }
        return switch (before, after) {
        case (nil, nil): nil
        case (nil, let object?): line("ADDED", object.text)
        case (_?, let object?): line("MODIFIED", object.text)
        case (let object?, nil): line("DELETED", (change.after ?? object).text)
        }
    }

    /// An object as the line of a watch that adds it.
    func addedLine(_ object: StoredObject) -> ByteBuffer { line("ADDED", object.text) }

    /// A bookmark as the line of a watch.
    func bookmark(version: UInt64, endsInitialEvents: Bool = false) -> ByteBuffer {
        let annotations = endsInitialEvents ? #","annotations":{"k8s.io/initial-events-end":"true"}"# : ""
        return line("BOOKMARK", ByteBuffer(string: #"{"metadata":{"resourceVersion":"\#(version)"\#(annotations)}}"#))
    }

    private func line(_ type: String, _ text: ByteBuffer) -> ByteBuffer {
        var line = ByteBuffer(string: #"{"type":"\#(type)","object":{"kind":"\#(kind)","apiVersion":"\#(apiVersion)","#)
        // The object's text begins with its brace, which is already written.
        line.writeImmutableBuffer(
            text.getSlice(at: text.readerIndex + 1, length: max(0, text.readableBytes - 1)) ?? text)
        line.writeString("}\n")
        return line
    }
}
