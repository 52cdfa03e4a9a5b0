/// Any object's name and version, without the object.
struct MetadataOnly<Resource: KubernetesResource>: KubernetesResource, JSONReadable {
    static var endpoint: ResourceEndpoint { Resource.endpoint }

    static var encodings: ResourceEncodings<Self> {
        .protobuf(json: ["metadata": .metadata()]) { (message: ProtoPartialObjectMetadata, context) in
            ObjectMetadata(message.metadata, context).map(Self.init)
        }
    }

    var metadata: ObjectMetadata

    init(metadata: ObjectMetadata) {
        self.metadata = metadata
    }

    init(from json: inout JSONReader, _ context: DecodingContext) throws(APIFailure) {
        metadata = try Namespace(from: &json, DecodingContext(strings: context.strings, details: [])).metadata
    }
}
