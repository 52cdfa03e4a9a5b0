import NIOCore
import SwiftProtobuf

/// The form in which Kubernetes writes one object as protobuf: four bytes that say so, then the object and its type.
enum ProtobufEnvelope {
    /// What every object begins with.
    static let magic: [UInt8] = [0x6B, 0x38, 0x73, 0x00]

    /// The message within an envelope.
    ///
    /// What is around it is looked through without being decoded: of a list that is streamed it comes with every object.
    ///
    /// - Throws: `malformed`.
    static func open<Message: SwiftProtobuf.Message>(
        _ message: Message.Type, in bytes: ByteBuffer
    ) throws(APIFailure) -> Message {
        var bytes = bytes
        guard let start = bytes.readBytes(length: magic.count), start == magic else {
            throw .malformed("protobuf: no k8s envelope")
        }
        guard let object = try ProtobufField.payload(rawField, in: bytes) else { return Message() }
        return try decode(message, Array(object.readableBytesView))
    }

    /// `raw` of `k8s.io.apimachinery.pkg.runtime.Unknown`.
    private static let rawField: UInt64 = 2

    /// Decodes a message, without what we do not know.
    ///
    /// - Throws: `malformed`.
    static func decode<Message: SwiftProtobuf.Message>(
        _ message: Message.Type, _ bytes: [UInt8]
    ) throws(APIFailure) -> Message {
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        do {
            return try Message(serializedBytes: bytes, options: options)
        } catch {
            throw .malformed("protobuf: not a message of the kind \(Message.protoMessageName)")
        }
    }
}

extension ProtoStatus {
    /// The failure that the object tells of.
    ///
    /// - Parameter httpCode: the HTTP status, for objects that name none.
    func failure(code httpCode: Int) -> APIFailure {
        .refused(
            APIRefusal(
                code: code == 0 ? httpCode : Int(code), reason: reason, message: message,
                retryAfter: hasDetails ? APIRefusal.pause(seconds: Int(details.retryAfterSeconds)) : nil))
    }
}
