import NIOCore
import SwiftProtobuf

/// Objects written as protobuf.
struct ProtobufCodec<Resource: KubernetesResource, Message: SwiftProtobuf.Message>: ResourceCodec {
    /// Makes an object of a message; nothing when the message is no such object.
    let read: @Sendable (Message, DecodingContext) -> Resource?

    func makeListReader(limits: DecodingLimits, context: DecodingContext) -> any ListReader<Resource> {
        ProtobufListReader(codec: self, limits: limits, context: context)
    }

    func makeFrames(limits: DecodingLimits) -> any WatchFrames { LengthFrames(limits: limits) }

    func decodeEvent(_ frame: ByteBuffer, context: DecodingContext) throws(APIFailure) -> WatchEvent<Resource> {
        // `type` of `k8s.io.apimachinery.pkg.apis.meta.v1.WatchEvent`.
        let type = try ProtobufField.payload(1, in: frame)
        var object = ByteBuffer()
        // Its `object`, and `raw` of the `RawExtension` that this is.
        if let wrapped = try ProtobufField.payload(2, in: frame) {
            object = try ProtobufField.payload(1, in: wrapped) ?? object
        }
        switch type.map({ String(buffer: $0) }) {
        case "ADDED": return .added(try resource(object, context))
        case "MODIFIED": return .modified(try resource(object, context))
        case "DELETED": return .deleted(try resource(object, context))
        case "BOOKMARK": return try bookmark(object)
        case "ERROR":
            return .error(try ProtobufEnvelope.open(ProtoStatus.self, in: object).failure(code: 500))
        default: throw .malformed("type: unknown type of event")
        }
    }

    /// The object in a message's bytes.
    func resource(of message: Message, _ context: DecodingContext) throws(APIFailure) -> Resource {
        guard let resource = read(message, context) else {
            throw .malformed("protobuf: \(Resource.endpoint.plural): an object without a name")
        }
        return resource
    }

    private func resource(_ bytes: ByteBuffer, _ context: DecodingContext) throws(APIFailure) -> Resource {
        try resource(of: try ProtobufEnvelope.open(Message.self, in: bytes), context)
    }

    /// A bookmark is an object of the kind with nothing but metadata.
    private func bookmark(_ bytes: ByteBuffer) throws(APIFailure) -> WatchEvent<Resource> {
        let metadata = try ProtobufEnvelope.open(ProtoPartialObjectMetadata.self, in: bytes).metadata
        guard !metadata.resourceVersion.isEmpty else { throw .malformed("protobuf: a bookmark without a version") }
        return .bookmark(
            resourceVersion: metadata.resourceVersion,
            endsInitialEvents: metadata.annotation(WatchEvent<Resource>.initialEventsEnd) == "true")
    }
}

/// Reads a page of a list written as protobuf, one object at a time.
private struct ProtobufListReader<Resource: KubernetesResource, Message: SwiftProtobuf.Message>: ListReader {
    private let codec: ProtobufCodec<Resource, Message>
    private let context: DecodingContext
    private let limit: Int
    private var frames: ProtobufListFrames
    private var size = 0
    private var end: ListEnd?
    private var leftOut: [LeftOutObject] = []

    init(codec: ProtobufCodec<Resource, Message>, limits: DecodingLimits, context: DecodingContext) {
        self.codec = codec
        self.context = context
        limit = limits.reply
        frames = ProtobufListFrames(limit: limits.object)
    }

    mutating func read(_ piece: ByteBuffer, into objects: inout [Resource]) throws(APIFailure) {
        size += piece.readableBytes
        guard size <= limit else { throw .tooLarge(limit: limit) }
        frames.append(piece)
        while let part = try frames.next() {
            switch part {
            case .metadata(let bytes):
                let metadata = try ProtobufEnvelope.decode(ProtoListMeta.self, Array(bytes.readableBytesView))
                end = ListEnd(
                    resourceVersion: metadata.resourceVersion,
                    continueToken: metadata.continue.isEmpty ? nil : metadata.continue)
            case .object(let bytes) where ProtobufField.isOverfull(bytes):
                leftOut.append(LeftOutObject(.tooLarge))
            case .tooLarge:
                leftOut.append(LeftOutObject(.tooLarge))
            case .object(let bytes):
                let message = try ProtobufEnvelope.decode(Message.self, Array(bytes.readableBytesView))
                objects.append(try codec.resource(of: message, context))
            }
        }
    }

    mutating func takeLeftOut() -> [LeftOutObject] {
        defer { leftOut = [] }
        return leftOut
    }

    mutating func finish(into objects: inout [Resource]) throws(APIFailure) -> ListEnd {
        guard frames.isComplete, let end else { throw .malformed("protobuf: the list is not complete") }
        return end
    }
}
