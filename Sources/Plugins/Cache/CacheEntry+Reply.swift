import DNSServer
import DNSWire

extension CacheEntry {
    /// Makes the reply to `query` from this entry, every TTL set to `ttl`: as many whole records as the asker takes.
    ///
    /// AA is set on every answer from the cache, as CoreDNS does it for the sake of old resolvers; AD goes only to those who
    /// asked for it by DO or AD (RFC 6840 §5.7).
    /// A failure that is remembered says why.
    /// - Complexity: O(octets written), and O(log n) in records when not all of them fit.
    func write(to query: Query, ttl: UInt32) {
        let error = extendedError
        query.beginReply(ResponseCode(rawValue: UInt16(flags.responseCode)), authoritative: error == nil)
        if let error { query.addExtendedError(error) }
        let reply = query.reply
        reply.header.flags.recursionAvailable = flags.recursionAvailable
        let wantsAD = query.dnssecOK || query.header.flags.authenticData
        reply.header.flags.authenticData = flags.authenticData && wantsAD
        guard questionEnd &+ recordsLength <= reply.limit, isSameCase(as: query.message) else {
            return write(part(within: reply.limit), to: query, ttl: ttl)
        }
        reply.append(octets.span, nameLength..<(nameLength &+ recordsLength))
        reply.header.answerCount = answerCount
        reply.header.authorityCount = authorityCount
        reply.header.additionalCount = additionalCount
        reply.section = .additional
        setTTLs(recordCount, of: reply, to: ttl)
    }

    /// Writes a part of the records, or all of them where the question has another case.
    private func write(_ part: Part, to query: Query, ttl: UInt32) {
        let reply = query.reply
        if part.records < recordCount { reply.header.flags.isTruncated = true }
        guard isSameCase(as: query.message) || !writeRecased(part, to: reply, ttl: ttl) else { return }
        reply.append(octets.span, nameLength..<(nameLength + part.length))
        setCounts(part, in: &reply.header)
        reply.section = .additional
        setTTLs(part.records, of: reply, to: ttl)
    }

    // MARK: What fits

    /// Some of the records, from the first one on: how many, and their octets.
    private struct Part {
        let records: Int
        let length: Int
    }

    /// How many records there are.
    private var recordCount: Int { (octets.count &- nameLength &- recordsLength) >> 1 }

    /// Where records begin in the message, and how far that is from where they do in ``octets``.
    private var questionEnd: Int { MessageHeader.length &+ nameLength &+ 4 }

    /// The records that end within the first `limit` octets of the message.
    private func part(within limit: Int) -> Part {
        guard questionEnd &+ recordsLength > limit else { return Part(records: recordCount, length: recordsLength) }
        var (fitting, tooMany) = (0, recordCount)
        while fitting < tooMany {
            let middle = (fitting + tooMany + 1) / 2
            if end(ofRecord: middle - 1) <= limit { fitting = middle } else { tooMany = middle - 1 }
        }
        return Part(records: fitting, length: fitting == 0 ? 0 : end(ofRecord: fitting - 1) - questionEnd)
    }

    /// Where the TTL of a record stands in the message.
    private func ttlOffset(_ number: Int) -> Int {
        Int(octets.span.uint16(at: nameLength &+ recordsLength &+ 2 &* number))
    }

    /// Where a record ends in the message: its data's length stands behind its TTL, and the data behind that.
    private func end(ofRecord number: Int) -> Int {
        let length = ttlOffset(number) + 4
        return length + 2 + Int(octets.span.uint16(at: length - questionEnd + nameLength))
    }

    private func setCounts(_ part: Part, in header: inout MessageHeader) {
        let answers = min(part.records, Int(answerCount))
        let authorities = min(part.records - answers, Int(authorityCount))
        header.answerCount = UInt16(truncatingIfNeeded: answers)
        header.authorityCount = UInt16(truncatingIfNeeded: authorities)
        header.additionalCount = UInt16(truncatingIfNeeded: part.records - answers - authorities)
    }

    private func setTTLs(_ records: Int, of reply: MessageWriter, to ttl: UInt32) {
        let octets = octets.span
        var bytes = reply.mutableBytes
        var place = nameLength &+ recordsLength
        for _ in 0..<records {
            bytes.put(ttl, at: Int(octets.uint16(at: place)))
            place &+= 2
        }
    }

    // MARK: The question's case

    /// Whether the question came in the same case as the one that the reply was first made for.
    private func isSameCase(as message: Span<UInt8>) -> Bool {
        octets.span.matches(0..<nameLength, message, at: MessageHeader.length)
    }

    /// Writes the records with the owner names as they were stored, though the question above them has another case.
    ///
    /// The stored records point into the question for their names. So their names are written anew, the question's being unknown to the
    /// compressor. This is what CoreDNS's clients see; it is rare and allocates, but no more than is sent.
    /// - Returns: whether it could be done; if not, `reply` is as it was before.
    private func writeRecased(_ part: Part, to reply: MessageWriter, ttl: UInt32) -> Bool {
        let (start, header, limit) = (reply.bytes.copy(), reply.header, reply.limit)
        do throws(WireError) {
            let stored = storedMessage(part)
            reply.begin(id: header.id, flags: header.flags)
            reply.setLimit(limit)
            reply.append(start.span, MessageHeader.length..<start.count)
            reply.header.questionCount = 1
            var copier = RecordCopier()
            var walk = try RecordWalk(stored.span)
            while !reply.isFull, let (section, record) = try walk.next() {
                reply.section = section
                try copier.copy(record, of: stored.span, ttl: ttl, to: reply)
            }
            return true
        } catch {
            reply.begin(id: header.id, flags: header.flags)
            reply.setLimit(limit)
            reply.copyQuestion(start.span, MessageHeader.length..<start.count)
            return false
        }
    }

    /// The reply as it was stored, as a message with these of its records.
    private func storedMessage(_ part: Part) -> [UInt8] {
        var header = MessageHeader(id: 0, flags: MessageHeader.Flags(rawValue: 0))
        setCounts(part, in: &header)
        var message: [UInt8] = []
        message.reserveCapacity(questionEnd + part.length)
        for value in [0, 0, 1, header.answerCount, header.authorityCount, header.additionalCount] {
            message.append(UInt8(truncatingIfNeeded: value >> 8))
            message.append(UInt8(truncatingIfNeeded: value))
        }
        message += octets[..<nameLength]
        message += [0, 0, 0, 0]
        message += octets[nameLength..<(nameLength + part.length)]
        return message
    }
}
