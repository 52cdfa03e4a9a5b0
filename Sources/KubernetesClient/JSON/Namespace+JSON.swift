extension Namespace: JSONReadable {
    /// What is read of an object.
    static let jsonParts: JSONParts = ["metadata": .metadata(labels: .all)]

    init(from json: inout JSONReader, _ context: DecodingContext) throws(APIFailure) {
        var form: MetadataForm?
        guard try json.beginObject() else { throw json.fault("no object") }
        while let member = try json.member() {
            guard member == "metadata" else {
                try json.skip()
                continue
            }
            form = try MetadataForm(from: &json, context, labels: { _ in context.keepsLabels })
        }
        guard let form else { throw json.fault("no metadata") }
        self.init(metadata: form.metadata, labels: form.labels)
    }
}
