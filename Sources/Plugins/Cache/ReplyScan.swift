import DNSWire

/// What the cache must know of a reply, read in one walk over its records.
///
/// One scan is kept for each worker and used again, so that reading a reply allocates nothing; a class, so that nobody copies it.
final class ReplyScan {
    /// The reply's header.
    private(set) var header = MessageHeader(id: 0, flags: .init(rawValue: 0))
    /// Where the TTLs stand in the message.
    private(set) var ttlOffsets: [Int] = []
    /// The lowest TTL of all records; nil when there is no record.
    private(set) var lowestTTL: UInt32?
    /// The lowest MINIMUM of the SOA records in the authority section.
    private(set) var negativeTTL: UInt32?
    private(set) var hasSOA = false
    private(set) var hasNameServers = false
    /// Whether a signature is not valid now.
    private(set) var hasExpiredSignature = false
    /// Whether each record of the answer section has the question's type and points to the question for its owner.
    private(set) var isDirect = true

    /// Reads `message`, a reply whose header is written.
    ///
    /// - Parameter wallSeconds: the time since 1970 as RRSIG records count it; nil leaves signatures alone.
    /// - Throws: what is wrong with the message.
    func read(_ message: Span<UInt8>, type: RecordType, wallSeconds: UInt32?) throws(WireError) {
        guard let header = MessageHeader(decoding: message) else { throw .truncated }
        let walk = try RecordWalk(message)
        try read(message, header, from: walk.offset, type: type, wallSeconds: wallSeconds)
    }

    /// Reads the records of `message` from `offset` on, behind a question section that is known; the counts are those of `header`.
    ///
    /// - Throws: what is wrong with the message.
    func read(
        _ message: Span<UInt8>, _ header: MessageHeader, from offset: Int, type: RecordType, wallSeconds: UInt32?
    ) throws(WireError) {
        reset()
        self.header = header
        var walk = RecordWalk(message, header: header, offset: offset)
        while let (section, record) = try walk.next() {
            guard record.type != .OPT else { continue }
            let pointsToQuestion = message.uint16(at: record.nameOffset) == 0xC00C
            ttlOffsets.append(record.ttlOffset)
            lowestTTL = min(lowestTTL ?? .max, record.ttl)
            switch section {
            case .answer: isDirect = isDirect && record.type == type && pointsToQuestion
            case .authority: readAuthority(message, record)
            case .additional: break
            }
            if let wallSeconds, record.type == .RRSIG { readSignature(message, record, at: wallSeconds) }
        }
    }

    private func reset() {
        ttlOffsets.removeAll(keepingCapacity: true)
        (lowestTTL, negativeTTL) = (nil, nil)
        (hasSOA, hasNameServers, hasExpiredSignature) = (false, false, false)
        isDirect = true
    }

    private func readAuthority(_ message: Span<UInt8>, _ record: RecordView) {
        if record.type == .NS { hasNameServers = true }
        guard record.type == .SOA else { return }
        hasSOA = true
        // Two names and five numbers, of which MINIMUM is the last (RFC 1035 §3.3.13).
        guard record.dataLength >= 22 else { return }
        negativeTTL = min(negativeTTL ?? .max, message.uint32(at: record.end - 4))
    }

    /// Compares the validity of a signature as serial numbers (RFC 4034 §3.1.5).
    private func readSignature(_ message: Span<UInt8>, _ record: RecordView, at now: UInt32) {
        guard record.dataLength >= 18 else { return }
        let expiration = message.uint32(at: record.dataOffset + 8)
        let inception = message.uint32(at: record.dataOffset + 12)
        let isValid =
            Int32(bitPattern: now &- inception) >= 0 && Int32(bitPattern: expiration &- now) >= 0
        if !isValid { hasExpiredSignature = true }
    }
}
