import Basics

/// Reads the data of one record field by field, never behind its end.
///
/// Names may point out of the data to earlier places of the message.
struct DataReader: ~Escapable {
    let message: Span<UInt8>
    private var offset: Int
    private let end: Int

    /// Starts at `offset` of `message`, with `length` octets of data.
    ///
    /// - Throws: `truncated` when the message ends before the data.
    @_lifetime(copy message)
    init(_ message: Span<UInt8>, at offset: Int, length: Int) throws(WireError) {
        guard offset >= 0, length >= 0, offset <= message.count, length <= message.count - offset else {
            throw .truncated
        }
        self.message = message
        self.offset = offset
        end = offset + length
    }

    /// Octets not read yet.
    var remaining: Int { end - offset }

    @_lifetime(self: copy self)
    private mutating func advance(_ octets: Int) throws(WireError) -> Int {
        guard octets <= remaining else { throw .badRecordData }
        defer { offset += octets }
        return offset
    }

    @_lifetime(self: copy self)
    mutating func uint8() throws(WireError) -> UInt8 {
        message[try advance(1)]
    }

    @_lifetime(self: copy self)
    mutating func uint16() throws(WireError) -> UInt16 {
        message.uint16(at: try advance(2))
    }

    @_lifetime(self: copy self)
    mutating func uint32() throws(WireError) -> UInt32 {
        message.uint32(at: try advance(4))
    }

    @_lifetime(self: copy self)
    mutating func octets(_ count: Int) throws(WireError) -> [UInt8] {
        let start = try advance(count)
        return message.copy(start..<(start + count))
    }

    /// All octets that are left.
    @_lifetime(self: copy self)
    mutating func rest() throws(WireError) -> [UInt8] {
        try octets(remaining)
    }

    /// One octet of length, and so many octets (RFC 1035 §3.3).
    @_lifetime(self: copy self)
    mutating func characterString() throws(WireError) -> [UInt8] {
        try octets(Int(try uint8()))
    }

    @_lifetime(self: copy self)
    mutating func address(octets count: Int) throws(WireError) -> IPAddress {
        let start = try advance(count)
        guard let address = IPAddress(octets: message.extracting(start..<(start + count))) else { throw .badRecordData }
        return address
    }

    /// A name, decompressed.
    @_lifetime(self: copy self)
    mutating func name() throws(WireError) -> Name {
        let next = try skipName(in: message, at: offset)
        guard next <= end else { throw .badRecordData }
        let name = try Name(decoding: message, at: offset)
        offset = next
        return name
    }
}
