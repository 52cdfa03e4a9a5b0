import NIOCore

/// Namespace and name of an object.
struct StoredKey: Hashable, Comparable, Sendable {
    var namespace: String
    var name: String

    static func < (left: StoredKey, right: StoredKey) -> Bool {
        (left.namespace, left.name) < (right.namespace, right.name)
    }
}

/// One object: its JSON text whole, and what selectors look at.
struct StoredObject: Sendable {
    let key: StoredKey
    let version: UInt64
    let labels: [String: String]
    let phase: String
    /// The object without `kind` and `apiVersion`, as it stands in a list.
    let text: ByteBuffer

    /// Takes an object apart.
    ///
    /// - Parameter version: the version to write into it; without one it keeps its own.
    init(_ object: [String: Any], version: UInt64?) throws(StandInError) {
        guard var metadata = object["metadata"] as? [String: Any], let name = metadata["name"] as? String else {
            throw .malformedObject
        }
        let kept = (metadata["resourceVersion"] as? String).flatMap(UInt64.init)
        self.version = version ?? kept ?? 1
        metadata["resourceVersion"] = String(self.version)
        key = StoredKey(namespace: metadata["namespace"] as? String ?? "", name: name)
        labels = metadata["labels"] as? [String: String] ?? [:]
        phase = (object["status"] as? [String: Any])?["phase"] as? String ?? ""
        var stored = object
        stored["metadata"] = metadata
        stored["kind"] = nil
        stored["apiVersion"] = nil
        text = try JSONText.write(stored)
    }

    /// Takes an object of a recorded list as it is written there.
    init(_ scanner: JSONScanner, _ range: Range<Int>) throws(StandInError) {
        let members = try scanner.members(of: range)
        guard let place = members["metadata"], members["kind"] == nil, members["apiVersion"] == nil else {
            // Written in full, so it must be written anew.
            self = try StoredObject(try JSONText.read(scanner.bytes[range]), version: nil)
            return
        }
        let metadata = try JSONText.read(scanner.bytes[place])
        guard let name = metadata["name"] as? String else { throw .malformedObject }
        key = StoredKey(namespace: metadata["namespace"] as? String ?? "", name: name)
        version = (metadata["resourceVersion"] as? String).flatMap(UInt64.init) ?? 1
        labels = metadata["labels"] as? [String: String] ?? [:]
        let status = try members["status"].map { place throws(StandInError) in try scanner.members(of: place) }
        phase = status?["phase"].map(scanner.string) ?? ""
        text = ByteBuffer(bytes: scanner.bytes[range])
    }

    /// The value of a field that field selectors know.
    func field(_ name: String) -> String? {
        switch name {
        case "metadata.name": key.name
        case "metadata.namespace": key.namespace
        case "status.phase": phase
        default: nil
        }
    }
}
