extension JSONParts {
    /// What is read of every object's metadata.
    ///
    /// - Parameters:
    ///   - labels: which of its labels are read.
    ///   - annotations: which of its annotations are read.
    static func metadata(labels: JSONParts = [], annotations: JSONParts = []) -> JSONParts {
        [
            "name": .all, "namespace": .all, "resourceVersion": .all, "uid": .all, "deletionTimestamp": .all,
            "labels": labels, "annotations": annotations,
        ]
    }
}

/// An object's metadata, with those labels and annotations that are wanted.
struct MetadataForm {
    var metadata: ObjectMetadata
    var labels: [String: String] = [:]
    var annotations: [String: String] = [:]

    /// - Parameters:
    ///   - labels: which labels are wanted.
    ///   - annotations: which annotations are wanted.
    init(
        from json: inout JSONReader, _ context: DecodingContext, labels isLabel: (String) -> Bool = { _ in false },
        annotations isAnnotation: (String) -> Bool = { _ in false }
    ) throws(APIFailure) {
        metadata = ObjectMetadata(name: "")
        var name: String?
        guard try json.beginObject() else { throw json.fault("no metadata") }
        while let member = try json.member() {
            switch member {
            case "name": name = try json.string()
            case "namespace": metadata.namespace = context.strings.shared(try json.string() ?? "")
            case "resourceVersion": metadata.resourceVersion = try json.string() ?? ""
            case "uid": metadata.uid = try json.string() ?? ""
            case "deletionTimestamp": metadata.isTerminating = try json.string() != nil
            case "labels": labels = try json.stringMap(of: isLabel)
            case "annotations": annotations = try json.stringMap(of: isAnnotation)
            default: try json.skip()
            }
        }
        guard let name else { throw json.fault("no name") }
        metadata.name = name
    }
}

extension ObjectMetadata: JSONReadable {
    init(from json: inout JSONReader, _ context: DecodingContext) throws(APIFailure) {
        self = try MetadataForm(from: &json, context).metadata
    }
}
