/// Whether records have the form that their types prescribe, found out without copying anything.
///
/// What passes can be read by ``Record/init(decoding:_:)`` and written anew by ``RecordCopier``. Types that are not taken apart are opaque
/// (RFC 3597 §3).
///
/// Usage: one for each message, whose question's name must be uncompressed and sound.
struct RecordCheck: ~Escapable {
    let message: Span<UInt8>
    /// A pointer that is known to stand for a sound name: the question's, or the last owner's.
    ///
    /// Most names are nothing else.
    private var soundPointer = UInt16(0xC000) | UInt16(MessageHeader.length)

    @_lifetime(copy message)
    init(_ message: Span<UInt8>) {
        self.message = message
    }

    /// Reads the record at `offset`.
    ///
    /// - Throws: `truncated` when the message ends before the record does, `badRecordData` when its data does not have the form of its
    ///   type, and the errors of a name.
    @_lifetime(self: copy self)
    mutating func record(at offset: Int) throws(WireError) -> RecordView {
        let fixed = try name(at: offset)
        guard fixed &+ 10 <= message.count else { throw .truncated }
        let length = Int(message.uint16(at: fixed &+ 8))
        guard fixed &+ 10 &+ length <= message.count else { throw .truncated }
        let record = RecordView(
            nameOffset: offset, type: RecordType(rawValue: message.uint16(at: fixed)),
            recordClass: RecordClass(rawValue: message.uint16(at: fixed &+ 2)), ttl: message.uint32(at: fixed &+ 4),
            dataOffset: fixed &+ 10, dataLength: length)
        try checkData(record)
        return record
    }

    // MARK: Names

    /// The offset behind the name at `start`, which is followed to its end.
    ///
    /// A pointer must lead to a place before every place the name has touched so far, as in ``decodeName(in:at:into:)``, and behind the
    /// header, which changes on the way.
    /// - Source: RFC 1035 §4.1.4.
    @_lifetime(self: copy self)
    mutating func name(at start: Int) throws(WireError) -> Int {
        if start &+ 2 <= message.count, message.uint16(at: start) == soundPointer { return start &+ 2 }
        return try follow(start)
    }

    @_lifetime(self: copy self)
    private mutating func follow(_ start: Int) throws(WireError) -> Int {
        var (position, lowest, end) = (start, start, -1)
        var (length, pointers) = (1, 0)
        while true {
            guard position < message.count else { throw .truncated }
            let octet = message[position]
            if octet & 0xC0 == 0xC0 {
                guard position &+ 2 <= message.count else { throw .truncated }
                if end < 0 { end = position &+ 2 }
                position = Int(message.uint16(at: position) & 0x3FFF)
                guard position < lowest, position >= MessageHeader.length, pointers < maximumPointers else {
                    throw .badPointer
                }
                pointers &+= 1
                lowest = position
                continue
            }
            guard octet != 0 else { break }
            guard octet < 64 else { throw .badLabelType }
            position &+= Int(octet) &+ 1
            length &+= Int(octet) &+ 1
            guard length <= maximumNameLength else { throw .nameTooLong }
        }
        if message[start] & 0xC0 == 0xC0 { soundPointer = message.uint16(at: start) }
        return end < 0 ? position &+ 1 : end
    }
}

// MARK: Data

extension RecordCheck {
    /// Looks at the data of a record.
    ///
    /// - Throws: `badRecordData`, and the errors of a name.
    @_lifetime(self: copy self)
    private mutating func checkData(_ record: RecordView) throws(WireError) {
        let (start, end) = (record.dataOffset, record.end)
        switch record.type {
        case .A: if record.recordClass == .IN, record.dataLength != 4 { throw .badRecordData }
        case .AAAA: if record.recordClass == .IN, record.dataLength != 16 { throw .badRecordData }
        case .CNAME, .NS, .PTR, .DNAME, .MB, .MD, .MF, .MG, .MR: try names(1, start, end)
        case .SOA: try names(2, start, end - 20)
        case .MX, .AFSDB, .RT, .KX: try names(1, start + 2, end)
        case .SRV: try names(1, start + 6, end)
        case .TXT, .SPF:
            // One string at least (RFC 1035 §3.3.14).
            var place = start
            repeat { place = try string(at: place, end) } while place < end
        default: try checkRareData(record.type, start, end)
        }
    }

    @_lifetime(self: copy self)
    private mutating func checkRareData(_ type: RecordType, _ start: Int, _ end: Int) throws(WireError) {
        switch type {
        case .DS, .CDS, .DNSKEY, .CDNSKEY, .KEY: guard end - start >= 4 else { throw .badRecordData }
        case .RRSIG, .SIG: _ = try dataName(at: start + 18, end)
        case .NSEC: try bitmaps(from: try dataName(at: start, end), end)
        case .SVCB, .HTTPS: try parameters(from: try dataName(at: start + 2, end), end)
        case .CAA: guard try string(at: start + 1, end) > start + 2 else { throw .badRecordData }
        case .NAPTR:
            var place = start + 4
            for _ in 0..<3 { place = try string(at: place, end) }
            try names(1, place, end)
        case .HINFO: guard try string(at: try string(at: start, end), end) == end else { throw .badRecordData }
        case .MINFO, .RP: try names(2, start, end)
        case .PX: try names(2, start + 2, end)
        default: break
        }
    }

    /// Looks at `count` names that end at `end`.
    @_lifetime(self: copy self)
    private mutating func names(_ count: Int, _ start: Int, _ end: Int) throws(WireError) {
        var place = start
        for _ in 0..<count { place = try dataName(at: place, end) }
        guard place == end else { throw .badRecordData }
    }

    /// The offset behind a name in data, which must not reach behind `end`.
    @_lifetime(self: copy self)
    private mutating func dataName(at start: Int, _ end: Int) throws(WireError) -> Int {
        guard start < end else { throw .badRecordData }
        let next: Int
        do throws(WireError) {
            next = try name(at: start)
        } catch {
            // The record is there whole: it is not the message that ends too early.
            throw error == .truncated ? .badRecordData : error
        }
        guard next <= end else { throw .badRecordData }
        return next
    }

    /// The offset behind one octet of length and so many octets (RFC 1035 §3.3).
    private func string(at start: Int, _ end: Int) throws(WireError) -> Int {
        guard start < end else { throw .badRecordData }
        let next = start + 1 + Int(message[start])
        guard next <= end else { throw .badRecordData }
        return next
    }

    /// Type bitmaps: windows in ascending order, each of 1 to 32 octets (RFC 4034 §4.1.2).
    private func bitmaps(from start: Int, _ end: Int) throws(WireError) {
        var (place, lastWindow) = (start, -1)
        while place < end {
            guard place + 2 <= end else { throw .badRecordData }
            let (window, length) = (Int(message[place]), Int(message[place + 1]))
            guard window > lastWindow, (1...32).contains(length), place + 2 + length <= end else {
                throw .badRecordData
            }
            (place, lastWindow) = (place + 2 + length, window)
        }
    }

    /// Parameters: key, length and value, the keys in ascending order (RFC 9460 §2.2).
    private func parameters(from start: Int, _ end: Int) throws(WireError) {
        var (place, lastKey) = (start, -1)
        while place < end {
            guard place + 4 <= end else { throw .badRecordData }
            let key = Int(message.uint16(at: place))
            let next = place + 4 + Int(message.uint16(at: place + 2))
            guard key > lastKey, next <= end else { throw .badRecordData }
            (place, lastKey) = (next, key)
        }
    }
}
