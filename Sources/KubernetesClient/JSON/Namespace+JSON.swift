extension Namespace: JSONReadable {
    /// What is read of an object.
    static let jsonParts: JSONParts = ["metadata": .metadata(labels: .all)]

    init(from json: inout JSONReader, _ context: DecodingContext) throws(APIFailure) {
        var (metadata, labels): (ObjectMetadata?, [String: String]) = (nil, [:])
        guard try json.beginObject() else { throw json.fault("no object") }
        while let member = try json.member() {
            guard member == "metadata" else {
                try json.skip()
                continue
            }
            metadata = try ObjectMetadata(from: &json, context, labels: &labels)
        }
        guard let metadata else { throw json.fault("no metadata") }
        self.init(metadata: metadata, labels: labels)
    }
}
