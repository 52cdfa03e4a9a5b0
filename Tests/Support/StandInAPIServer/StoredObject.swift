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
    /// The object itself.
    let text: ObjectText

    /// Takes an object apart.
    ///
    /// - Parameters:
    ///   - version: the version to write into it; without one it keeps its own.
    ///   - kind: its kind.
    init(_ object: [String: Any], version: UInt64?, kind: String) throws(StandInError) {
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
        text = ObjectText(json: try JSONText.write(stored), schema: ProtobufSchema.kinds[kind])
    }

    /// Takes an object's members as they are, apart from the version.
    init(members: [String: any Sendable], version: UInt64, kind: String) throws(StandInError) {
        guard var metadata = members["metadata"] as? [String: any Sendable], let name = metadata["name"] as? String
        else { throw .malformedObject }
        metadata["resourceVersion"] = String(version)
        key = StoredKey(namespace: metadata["namespace"] as? String ?? "", name: name)
        self.version = version
        labels = metadata["labels"] as? [String: String] ?? [:]
        phase = (members["status"] as? [String: any Sendable])?["phase"] as? String ?? ""
        var stored = members
        stored["metadata"] = metadata
        stored["kind"] = nil
        stored["apiVersion"] = nil
        text = ObjectText(stored, schema: ProtobufSchema.kinds[kind])
    }

    /// Takes an object of a recorded list as it is written there.
    init(_ scanner: JSONScanner, _ range: Range<Int>, kind: String) throws(StandInError) {
        let members = try scanner.members(of: range)
        guard let place = members["metadata"], members["kind"] == nil, members["apiVersion"] == nil else {
            // Written in full, so it must be written anew.
            self = try StoredObject(try JSONText.read(scanner.bytes[range]), version: nil, kind: kind)
            return
        }
        let metadata = try JSONText.read(scanner.bytes[place])
        guard let name = metadata["name"] as? String else { throw .malformedObject }
        key = StoredKey(namespace: metadata["namespace"] as? String ?? "", name: name)
        version = (metadata["resourceVersion"] as? String).flatMap(UInt64.init) ?? 1
        labels = metadata["labels"] as? [String: String] ?? [:]
        let status = try members["status"].map { place throws(StandInError) in try scanner.members(of: place) }
        phase = status?["phase"].map(scanner.string) ?? ""
        text = ObjectText(json: ByteBuffer(bytes: scanner.bytes[range]), schema: ProtobufSchema.kinds[kind])
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
