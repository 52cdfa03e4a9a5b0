import NIOCore

/// Reads the fields of a message out of a stream, one at a time and without the message around them.
///
/// Source: protobuf.dev/programming-guides/encoding.
enum ProtobufField {
    /// What stands before a field's payload.
    struct Header: Equatable {
        var number: UInt64
        /// Whether the payload is bytes: a string, a message.
        var isBytes: Bool
        /// How many bytes the header has, the length of the payload included.
        var size: Int
        /// How many bytes the payload has.
        var payload: Int
    }

    /// The header at the front of a buffer, or nothing until more of it arrives.
    ///
    /// - Throws: `malformed` for what is no header, groups included.
    static func header(_ buffer: ByteBuffer) throws(APIFailure) -> Header? {
        guard let tag = try varint(buffer, at: 0) else { return nil }
        let number = tag.value >> 3
        guard number > 0, number < 1 << 29 else { throw .malformed("protobuf: field \(number)") }
        switch tag.value & 7 {
        case 0:
            guard let value = try varint(buffer, at: tag.size) else { return nil }
            return Header(number: number, isBytes: false, size: tag.size, payload: value.size)
        case 1: return Header(number: number, isBytes: false, size: tag.size, payload: 8)
        case 5: return Header(number: number, isBytes: false, size: tag.size, payload: 4)
        case 2:
            guard let length = try varint(buffer, at: tag.size) else { return nil }
            guard let payload = Int(exactly: length.value) else { throw .malformed("protobuf: length") }
            return Header(number: number, isBytes: true, size: tag.size + length.size, payload: payload)
        default: throw .malformed("protobuf: wire type \(tag.value & 7)")
        }
    }

    private static func varint(
        _ buffer: ByteBuffer, at offset: Int
    ) throws(APIFailure) -> (value: UInt64, size: Int)? {
        var value: UInt64 = 0
        for index in 0..<10 {
            guard let byte: UInt8 = buffer.getInteger(at: buffer.readerIndex + offset + index) else { return nil }
            value |= UInt64(byte & 0x7F) << UInt64(7 * index)
            if byte < 0x80 { return (value, index + 1) }
        }
        throw .malformed("protobuf: number of more than ten bytes")
    }
}
