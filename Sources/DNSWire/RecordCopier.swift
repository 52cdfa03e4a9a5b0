/// Copies records of one message into another one, where other octets stand in front of them.
///
/// Names are decompressed and compressed anew; all else is copied as it stands. Nothing is taken apart or allocated, so that it costs no
/// more than what is written is worth.
///
/// Usage: one copier for each pair of messages; the writer's section is set by the caller.
package struct RecordCopier {
    /// The pointer that stood for the last owner, and where that owner stands in the new message; 0 before there is one.
    private var pointer: UInt16 = 0
    private var place = 0

    package init() {}

    /// Appends `record` of `message` with another TTL; one that does not fit is left out, as always.
    ///
    /// - Parameter ttl: in seconds.
    /// - Throws: the errors of a name, and `badRecordData` when names reach behind the data; the writer is then not to be used further.
    package mutating func copy(
        _ record: RecordView, of message: Span<UInt8>, ttl: UInt32, to writer: MessageWriter
    ) throws(WireError) {
        let start = writer.count
        let isKnown = place > 0 && message.uint16(at: record.nameOffset) == pointer
        if isKnown, record.type == .A || record.type == .AAAA {
            return copyAddress(record, of: message, ttl: ttl, to: writer)
        }
        try copyOwner(record, of: message, to: writer)
        let open = writer.beginData(start, record.type, record.recordClass, ttl)
        try Self.copyData(record, of: message, to: writer)
        writer.endRecord(open)
    }

    /// Of all large sets nearly all are addresses: what stands behind the pointer is copied in one piece.
    private func copyAddress(_ record: RecordView, of message: Span<UInt8>, ttl: UInt32, to writer: MessageWriter) {
        let start = writer.count
        guard writer.reserve(record.end - record.nameOffset) else { return writer.rollBack(to: start) }
        writer.appendPointer(to: place)
        writer.append(message, (record.nameOffset + 2)..<record.end)
        var bytes = writer.mutableBytes
        bytes.put(ttl, at: start + 6)
        writer.countRecord()
    }

    /// Most records of a set have the same pointer for their owner.
    private mutating func copyOwner(
        _ record: RecordView, of message: Span<UInt8>, to writer: MessageWriter
    ) throws(WireError) {
        let first = message.uint16(at: record.nameOffset)
        guard first & 0xC000 == 0xC000 else { return try writer.append(nameAt: record.nameOffset, of: message) }
        if first == pointer { return writer.appendPointer(to: place) }
        let start = writer.count
        try writer.append(nameAt: record.nameOffset, of: message)
        guard writer.count >= start + 2, start < 0x4000 else { return }
        let written = writer.bytes.uint16(at: start)
        (pointer, place) = (first, written & 0xC000 == 0xC000 ? Int(written & 0x3FFF) : start)
    }

    private static func copyData(
        _ record: RecordView, of message: Span<UInt8>, to writer: MessageWriter
    ) throws(WireError) {
        let names = try NamesInData(record, of: message)
        guard names.count > 0, record.dataLength > 0 else {
            return writer.append(message, record.dataOffset..<record.end)
        }
        var offset = record.dataOffset + names.before
        guard offset <= record.end else { throw .badRecordData }
        writer.append(message, record.dataOffset..<offset)
        for _ in 0..<names.count {
            let next = try skipName(in: message, at: offset)
            guard next <= record.end else { throw .badRecordData }
            try writer.append(nameAt: offset, of: message, compressing: names.mayBeCompressed)
            offset = next
        }
        writer.append(message, offset..<record.end)
    }
}

/// Where names stand in the data of a record.
///
/// Types that are not listed hold none that anybody may compress (RFC 3597 §4).
private struct NamesInData {
    /// Octets in front of the first one.
    var before = 0
    /// How many there are, one behind the other.
    var count = 0
    var mayBeCompressed = false

    init(_ record: RecordView, of message: Span<UInt8>) throws(WireError) {
        switch record.type {
        case .A, .AAAA, .TXT: break
        case .CNAME, .NS, .PTR: (count, mayBeCompressed) = (1, true)
        case .SOA: (count, mayBeCompressed) = (2, true)
        case .MX: (before, count, mayBeCompressed) = (2, 1, true)
        case .DNAME, .NSEC, .MB, .MD, .MF, .MG, .MR: count = 1
        case .MINFO, .RP: count = 2
        case .AFSDB, .RT, .KX, .SVCB, .HTTPS: (before, count) = (2, 1)
        case .PX: (before, count) = (2, 2)
        case .SRV: (before, count) = (6, 1)
        case .RRSIG, .SIG: (before, count) = (18, 1)
        case .NAPTR: (before, count) = (try Self.endOfStrings(record, of: message), 1)
        default: break
        }
    }

    /// The octets of an NAPTR record in front of its name: two numbers and three strings (RFC 3403 §4.1).
    private static func endOfStrings(_ record: RecordView, of message: Span<UInt8>) throws(WireError) -> Int {
        var offset = record.dataOffset + 4
        for _ in 0..<3 {
            guard offset < record.end else { throw .badRecordData }
            offset += 1 + Int(message[offset])
        }
        return offset - record.dataOffset
    }
}

extension MessageWriter {
    /// Appends the name at `offset` of `message`, decompressed, and compressed again if it may be.
    fileprivate func append(
        nameAt offset: Int, of message: Span<UInt8>, compressing: Bool = true
    ) throws(WireError) {
        var octets = InlineArray<256, UInt8>(repeating: 0)
        var output = octets.mutableSpan
        let length = try decodeName(in: message, at: offset, into: &output).length
        append(name: octets.span.extracting(0..<length), compressing: compressing)
    }
}
