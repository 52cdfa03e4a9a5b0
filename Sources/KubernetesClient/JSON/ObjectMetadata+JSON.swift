extension JSONParts {
    /// What is read of every object's metadata.
    ///
    /// - Parameters:
    ///   - labels: which of its labels are read.
    ///   - annotations: which of its annotations are read.
    static func metadata(labels: JSONParts = [], annotations: JSONParts = []) -> JSONParts {
        [
            "name": .all, "namespace": .all, "resourceVersion": .all, "deletionTimestamp": .all, "labels": labels,
            "annotations": annotations,
        ]
    }
}

extension ObjectMetadata: JSONReadable {
    /// The texts by name that an object can have.
    enum Texts {
        case labels, annotations
    }

    init(from json: inout JSONReader, _ context: DecodingContext) throws(APIFailure) {
        try self.init(from: &json, context) { json, _ throws(APIFailure) in try json.skip() }
    }

    /// - Parameter labels: is given all labels, where they are kept.
    init(
        from json: inout JSONReader, _ context: DecodingContext, labels: inout [String: String]
    ) throws(APIFailure) {
        try self.init(from: &json, context) { json, texts throws(APIFailure) in
            guard texts == .labels, context.details.contains(.labels) else { return try json.skip() }
            labels = try json.stringMap()
        }
    }

    /// - Parameter texts: reads or skips all labels, or all annotations.
    init(
        from json: inout JSONReader, _ context: DecodingContext,
        texts: (inout JSONReader, Texts) throws(APIFailure) -> Void
    ) throws(APIFailure) {
        self.init(name: "")
        var name: String?
        guard try json.beginObject() else { throw json.fault("no metadata") }
        while let member = try json.member() {
            switch member {
            case "name": name = try json.string()
            case "namespace": namespace = context.strings.shared(try json.string() ?? "")
            case "resourceVersion": resourceVersion = try json.string() ?? ""
            case "deletionTimestamp": isTerminating = try json.token() != nil
            case "labels": try texts(&json, .labels)
            case "annotations": try texts(&json, .annotations)
            default: try json.skip()
            }
        }
        guard let name else { throw json.fault("no name") }
        self.name = name
    }
}
