import NIOCore

/// Writes protobuf, field by field.
///
/// Source: protobuf.dev/programming-guides/encoding.
struct ProtobufWriter {
    private(set) var bytes = ByteBuffer()

    mutating func varint(_ number: Int, _ value: UInt64) {
        tag(number, 0)
        raw(value)
    }

    mutating func string(_ number: Int, _ text: String) {
        tag(number, 2)
        raw(UInt64(text.utf8.count))
        bytes.writeString(text)
    }

    mutating func buffer(_ number: Int, _ content: ByteBuffer) {
        tag(number, 2)
        raw(UInt64(content.readableBytes))
        bytes.writeImmutableBuffer(content)
    }

    mutating func message(_ number: Int, _ write: (inout ProtobufWriter) -> Void) {
        var inner = ProtobufWriter()
        write(&inner)
        buffer(number, inner.bytes)
    }

    private mutating func tag(_ number: Int, _ type: UInt64) {
        raw(UInt64(number) << 3 | type)
    }

    private mutating func raw(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.writeInteger(UInt8(rest))
    }
}

/// The forms around objects written as protobuf.
enum ProtobufForm {
    /// An object of any kind: four bytes that say so, its type, and the object.
    static func envelope(kind: String, apiVersion: String, _ object: ByteBuffer) -> ByteBuffer {
        var writer = ProtobufWriter()
        writer.message(1) { type in
            type.string(1, apiVersion)
            type.string(2, kind)
        }
        writer.buffer(2, object)
        writer.string(3, "")
        writer.string(4, "")
        var bytes = ByteBuffer(bytes: [0x6B, 0x38, 0x73, 0x00])
        bytes.writeImmutableBuffer(writer.bytes)
        return bytes
    }

    /// An event of a watch, with its length before it.
    static func frame(_ type: String, _ envelope: ByteBuffer) -> ByteBuffer {
        var event = ProtobufWriter()
        event.string(1, type)
        event.message(2) { $0.buffer(1, envelope) }
        return framed(event.bytes)
    }

    /// Anything, with its length before it.
    static func framed(_ content: ByteBuffer) -> ByteBuffer {
        var frame = ByteBuffer(integer: UInt32(content.readableBytes))
        frame.writeImmutableBuffer(content)
        return frame
    }

    static func status(_ code: Int, reason: String, message: String) -> ByteBuffer {
        var writer = ProtobufWriter()
        writer.message(1) { _ in }
        writer.string(2, "Failure")
        writer.string(3, message)
        writer.string(4, reason)
        writer.varint(6, UInt64(code))
        return envelope(kind: "Status", apiVersion: "v1", writer.bytes)
    }
}
