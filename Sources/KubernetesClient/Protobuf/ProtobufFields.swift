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

    /// The payload of the field `number` in a whole message, as a view of it; of several the last one, and nothing when there is none.
    ///
    /// - Throws: `malformed`.
    static func payload(_ number: UInt64, in message: ByteBuffer) throws(APIFailure) -> ByteBuffer? {
        var rest = message
        var found: ByteBuffer?
        while rest.readableBytes > 0 {
            guard let header = try header(rest), header.payload <= rest.readableBytes - header.size else {
                throw .malformed("protobuf: cut short")
            }
            rest.moveReaderIndex(forwardBy: header.size)
            let payload = rest.readSlice(length: header.payload)
            if header.number == number, header.isBytes { found = payload }
        }
        return found
    }

    /// Fields in one object, those of the messages in it included.
    ///
    /// An endpoint slice of a thousand endpoints has some ten thousand.
    private static let mostFields = 1 << 17

    /// Whether a message has more fields than an object can have: each becomes many times what it is on the wire.
    ///
    /// What is no message but happens to look like one is counted as well, so that the bound lies far above.
    /// - Complexity: O(n), and nothing for messages that are too small for that.
    static func isOverfull(_ message: ByteBuffer) -> Bool {
        // A field has two bytes at least.
        guard message.readableBytes > 2 * mostFields else { return false }
        var rest = mostFields
        return !count(message, depth: 0, &rest)
    }

    /// Takes the number of fields in `message` from `rest`.
    ///
    /// - Returns: whether there were no more.
    private static func count(_ message: ByteBuffer, depth: Int, _ rest: inout Int) -> Bool {
        var message = message
        while message.readableBytes > 0 {
            guard let field = try? header(message), field.payload <= message.readableBytes - field.size else {
                return true
            }
            rest -= 1
            guard rest > 0 else { return false }
            message.moveReaderIndex(forwardBy: field.size)
            guard let payload = message.readSlice(length: field.payload) else { return true }
            if field.isBytes, depth < 8, !count(payload, depth: depth + 1, &rest) { return false }
        }
        return true
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
