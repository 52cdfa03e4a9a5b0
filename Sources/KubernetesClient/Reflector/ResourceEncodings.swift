import SwiftProtobuf

/// The encodings that objects of one kind can come in.
package struct ResourceEncodings<Resource: KubernetesResource>: Sendable {
    let json: any ResourceCodec<Resource>
    /// Nothing for kinds that custom resource definitions make: the API server has them as JSON alone.
    let protobuf: (any ResourceCodec<Resource>)?

    /// JSON alone.
    ///
    /// - Parameter parts: what of an object is read.
    static func json(_ parts: JSONParts) -> ResourceEncodings where Resource: JSONReadable {
        ResourceEncodings(json: JSONCodec<Resource>(parts: parts), protobuf: nil)
    }

    /// Protobuf, and JSON for API servers that do not serve it.
    ///
    /// - Parameters:
    ///   - parts: what of an object in JSON is read.
    ///   - read: makes an object of a message; nothing when the message is no such object.
    static func protobuf<Message: SwiftProtobuf.Message>(
        json parts: JSONParts, _ read: @escaping @Sendable (Message, DecodingContext) -> Resource?
    ) -> ResourceEncodings where Resource: JSONReadable {
        ResourceEncodings(json: JSONCodec<Resource>(parts: parts), protobuf: ProtobufCodec(read: read))
    }
}

/// The media types of replies.
enum MediaType {
    static let json = "application/json"
    static let protobuf = "application/vnd.kubernetes.protobuf"
    /// Asks for the metadata of the objects of a list in place of the objects.
    static let metadataList = ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

    /// Whether a reply's `Content-Type` says protobuf, whatever its parameters.
    static func isProtobuf(_ contentType: String?) -> Bool {
        contentType?.prefix { $0 != ";" && $0 != " " }.lowercased() == protobuf
    }

    /// The `Accept` of a request; JSON is acceptable whatever we prefer.
    static func accept(protobuf isWanted: Bool, parameters: String = "") -> String {
        (isWanted ? [protobuf, json] : [json]).map { $0 + parameters }.joined(separator: ",")
    }
}
