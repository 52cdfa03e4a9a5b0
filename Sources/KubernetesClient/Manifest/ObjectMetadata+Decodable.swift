/// The keys of an object's top level that any of the kinds reads.
enum ObjectKeys: String, CodingKey {
    case metadata, spec, status, addressType, endpoints, ports
}

/// The keys of `metadata`.
enum MetadataKeys: String, CodingKey {
    case name, namespace, resourceVersion, deletionTimestamp, labels, annotations
}

extension ObjectMetadata: Decodable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: MetadataKeys.self)
        self.init(
            name: try container.decode(String.self, forKey: .name),
            namespace: try container.decodeIfPresent(String.self, forKey: .namespace) ?? "",
            resourceVersion: try container.decodeIfPresent(String.self, forKey: .resourceVersion) ?? "",
            isTerminating: try container.decodeIfPresent(String.self, forKey: .deletionTimestamp) != nil)
    }
}

extension KeyedDecodingContainer<ObjectKeys> {
    /// The whole map of labels.
    func labels() throws -> [String: String] {
        let metadata = try nestedContainer(keyedBy: MetadataKeys.self, forKey: .metadata)
        return try metadata.decodeIfPresent([String: String].self, forKey: .labels) ?? [:]
    }
}

extension KeyedDecodingContainer {
    /// A nested object, or nothing when it is missing or null.
    func nestedIfPresent<Keys: CodingKey>(_ keys: Keys.Type, forKey key: Key) throws -> KeyedDecodingContainer<Keys>? {
        guard contains(key), try !decodeNil(forKey: key) else { return nil }
        return try nestedContainer(keyedBy: keys, forKey: key)
    }

    /// An array, or an empty one when it is missing or null.
    func list<Element: Decodable>(_ type: Element.Type, forKey key: Key) throws -> [Element] {
        try decodeIfPresent([Element].self, forKey: key) ?? []
    }
}
