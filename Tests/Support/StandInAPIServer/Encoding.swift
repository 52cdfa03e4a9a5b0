/// How objects are written in replies.
enum Encoding: Sendable {
    case json
    case protobuf

    var mediaType: String {
        switch self {
        case .json: "application/json"
        case .protobuf: "application/vnd.kubernetes.protobuf"
        }
    }
}

/// What a request is answered with: an encoding, and whether the objects are to be told by their metadata alone.
struct Presentation: Sendable {
    var encoding: Encoding
    var isMetadataOnly = false

    /// Chooses the first of the acceptable media types that is served.
    ///
    /// - Returns: nothing when none is.
    init?(accept: String?, servesProtobuf: Bool) {
        for choice in (accept ?? "*/*").split(separator: ",") {
            let parts = choice.split(separator: ";").map { $0.filter { $0 != " " } }
            guard let type = parts.first, let encoding = Self.encoding(type, servesProtobuf: servesProtobuf) else {
                continue
            }
            let target = parts.first { $0.hasPrefix("as=") }
            guard target == nil || target == "as=PartialObjectMetadataList" else { continue }
            self.init(encoding: encoding, isMetadataOnly: target != nil)
            return
        }
        return nil
    }

    init(encoding: Encoding, isMetadataOnly: Bool = false) {
        self.encoding = encoding
        self.isMetadataOnly = isMetadataOnly
    }

    private static func encoding(_ type: String, servesProtobuf: Bool) -> Encoding? {
        switch type {
        case "application/json", "application/*", "*/*": .json
        case "application/vnd.kubernetes.protobuf": servesProtobuf ? .protobuf : nil
        default: nil
        }
    }
}
