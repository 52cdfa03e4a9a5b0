/// One record of a message, as places in its octets: nothing is copied.
///
/// Shape: owner name, type (2), class (2), TTL (4), length of the data (2), data (RFC 1035 §4.1.3).
@usableFromInline
package struct RecordView: Equatable, Sendable {
    /// Where the owner name starts.
    @usableFromInline
    package let nameOffset: Int
    @usableFromInline
    package let type: RecordType
    @usableFromInline
    package let recordClass: RecordClass
    /// Seconds.
    @usableFromInline
    package let ttl: UInt32
    /// Where the data starts.
    @usableFromInline
    package let dataOffset: Int
    /// Octets of data.
    @usableFromInline
    package let dataLength: Int

    @inlinable
    init(nameOffset: Int, type: RecordType, recordClass: RecordClass, ttl: UInt32, dataOffset: Int, dataLength: Int) {
        self.nameOffset = nameOffset
        self.type = type
        self.recordClass = recordClass
        self.ttl = ttl
        self.dataOffset = dataOffset
        self.dataLength = dataLength
    }

    /// Reads the record at `offset`; of its names only the owner's form is looked at.
    ///
    /// - Throws: `truncated`, `badLabelType`, `nameTooLong`.
    @inlinable
    package init(decoding message: Span<UInt8>, at offset: Int) throws(WireError) {
        let fixed = try skipName(in: message, at: offset)
        guard fixed &+ 10 <= message.count else { throw .truncated }
        let length = Int(message.uint16(at: fixed &+ 8))
        guard fixed &+ 10 &+ length <= message.count else { throw .truncated }
        self.init(
            nameOffset: offset, type: RecordType(rawValue: message.uint16(at: fixed)),
            recordClass: RecordClass(rawValue: message.uint16(at: fixed &+ 2)), ttl: message.uint32(at: fixed &+ 4),
            dataOffset: fixed &+ 10, dataLength: length)
    }

    /// The offset just behind the record.
    @inlinable package var end: Int { dataOffset &+ dataLength }
    /// Where the four octets of the TTL stand.
    @inlinable package var ttlOffset: Int { dataOffset &- 6 }
}

/// The part of a message that a record stands in.
@usableFromInline
package enum Section: UInt8, Sendable, CaseIterable {
    case answer
    case authority
    case additional
}

/// Walks the records of a message, section by section, without copying.
///
/// Usage: `var records = try RecordWalk(message)`, then `while let (section, record) = try records.next()`.
@usableFromInline
package struct RecordWalk: ~Escapable {
    @usableFromInline let message: Span<UInt8>
    @usableFromInline var remaining: (Int, Int, Int)
    /// Where the next record starts; behind the last one at the end.
    @usableFromInline package internal(set) var offset: Int

    /// Starts behind the question section.
    ///
    /// - Throws: `truncated` and the errors of a name when the header or a question is damaged.
    @_lifetime(copy message)
    @inlinable
    package init(_ message: Span<UInt8>) throws(WireError) {
        guard let header = MessageHeader(decoding: message) else { throw .truncated }
        var offset = MessageHeader.length
        for _ in 0..<header.questionCount {
            offset = try skipName(in: message, at: offset) &+ 4
            guard offset <= message.count else { throw .truncated }
        }
        self.init(message, header: header, offset: offset)
    }

    /// Starts at `offset`, which lies behind the question section; the counts are those of `header`.
    @_lifetime(copy message)
    @inlinable
    package init(_ message: Span<UInt8>, header: MessageHeader, offset: Int) {
        self.message = message
        self.offset = offset
        remaining = (Int(header.answerCount), Int(header.authorityCount), Int(header.additionalCount))
    }

    /// The next record and its section, or nil behind the last.
    @inlinable
    @_lifetime(self: copy self)
    package mutating func next() throws(WireError) -> (section: Section, record: RecordView)? {
        let section: Section
        if remaining.0 > 0 {
            remaining.0 &-= 1
            section = .answer
        } else if remaining.1 > 0 {
            remaining.1 &-= 1
            section = .authority
        } else if remaining.2 > 0 {
            remaining.2 &-= 1
            section = .additional
        } else {
            return nil
        }
        let record = try RecordView(decoding: message, at: offset)
        offset = record.end
        return (section, record)
    }
}
