extension Namespace: Decodable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: ObjectKeys.self)
        self.init(
            metadata: try container.decode(ObjectMetadata.self, forKey: .metadata), labels: try container.labels())
    }
}
