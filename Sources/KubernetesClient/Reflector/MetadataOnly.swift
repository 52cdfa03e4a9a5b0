/// Any object's name and version, without the object.
struct MetadataOnly<Resource: KubernetesResource>: KubernetesResource, Decodable {
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
}
