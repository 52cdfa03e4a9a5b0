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

    /// Whether the objects can be written as protobuf.
    var hasProtobuf: Bool { ProtobufSchema.kinds[kind] != nil }

    // MARK: Watches

    /// A change as an event of a watch, or nothing when the selection does not see it.
    func event(_ change: Change, _ watcher: Watcher) -> ByteBuffer? {
        let before = change.before.flatMap { watcher.selection.contains($0) ? $0 : nil }
        let after = change.after.flatMap { watcher.selection.contains($0) ? $0 : nil }
        return switch (before, after) {
        case (nil, nil): nil
        case (nil, let object?): event("ADDED", object.text, watcher.encoding)
        case (_?, let object?): event("MODIFIED", object.text, watcher.encoding)
        case (let object?, nil): event("DELETED", (change.after ?? object).text, watcher.encoding)
        }
    }

    /// An object as an event that adds it.
    func addedEvent(_ object: StoredObject, _ encoding: Encoding) -> ByteBuffer {
        event("ADDED", object.text, encoding)
    }

    /// A bookmark as an event.
    func bookmark(version: UInt64, endsInitialEvents: Bool = false, _ encoding: Encoding) -> ByteBuffer {
        var metadata: [String: any Sendable] = ["resourceVersion": String(version)]
        if endsInitialEvents { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
        let object = ObjectText(["metadata": metadata], schema: ProtobufSchema.kinds[kind])
        return event("BOOKMARK", object, encoding)
    }

    private func event(_ type: String, _ object: ObjectText, _ encoding: Encoding) -> ByteBuffer {
        let form = object.form(Presentation(encoding: encoding))
        guard encoding == .json else {
            return ProtobufForm.frame(
                type, ProtobufForm.envelope(kind: kind, apiVersion: apiVersion, form))
        }
        var line = ByteBuffer(string: #"{"type":"\#(type)","object":{"kind":"\#(kind)","apiVersion":"\#(apiVersion)","#)
        // The object's text begins with its brace, which is already written.
        line.writeImmutableBuffer(
            form.getSlice(at: form.readerIndex + 1, length: max(0, form.readableBytes - 1)) ?? form)
        line.writeString("}\n")
        return line
    }

    // MARK: Lists

    /// A list of some of the objects.
    func list(
        _ items: [StoredObject], version: UInt64, next: ContinueToken?, _ presentation: Presentation
    ) -> ByteBuffer {
        let kind = presentation.isMetadataOnly ? "PartialObjectMetadataList" : "\(kind)List"
        let apiVersion = presentation.isMetadataOnly ? "meta.k8s.io/v1" : apiVersion
        let forms = items.map { $0.text.form(presentation) }
        guard presentation.encoding == .json else {
            var writer = ProtobufWriter()
            writer.message(1) { metadata in
                metadata.string(1, "")
                metadata.string(2, String(version))
                metadata.string(3, next?.text ?? "")
            }
            for form in forms { writer.buffer(2, form) }
            return ProtobufForm.envelope(kind: kind, apiVersion: apiVersion, writer.bytes)
        }
        var text = ByteBuffer()
        text.reserveCapacity(forms.reduce(512) { $0 + $1.readableBytes + 1 })
        text.writeString(#"{"kind":"\#(kind)","apiVersion":"\#(apiVersion)","metadata":{"#)
        text.writeString(#""resourceVersion":"\#(version)""#)
        if let next { text.writeString(#","continue":\#(JSONText.quote(next.text))"#) }
        text.writeString(#"},"items":["#)
        for (index, form) in forms.enumerated() {
            if index > 0 { text.writeString(",") }
            text.writeImmutableBuffer(form)
        }
        text.writeString("]}")
        return text
    }
}
