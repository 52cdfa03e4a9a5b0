extension Namespace: Decodable {
    /// What is read of an object.
    static let jsonParts: JSONParts = ["metadata": .metadata(labels: .all)]

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: ObjectKeys.self)
        self.init(
            metadata: try container.decode(ObjectMetadata.self, forKey: .metadata),
            labels: decoder.keepsLabels ? try container.labels() : [:])
    }
}
