import DNSServer
import DNSWire

extension CacheEntry {
    /// Makes the reply to `query` from this entry, every TTL set to `ttl`.
    ///
    /// AA is set on every answer from the cache, as CoreDNS does it for the sake of old resolvers; AD goes only to those who
    /// asked for it by DO or AD (RFC 6840 §5.7).
    func write(to query: Query, ttl: UInt32) {
        query.beginReply(ResponseCode(rawValue: UInt16(flags.responseCode)), authoritative: true)
        let reply = query.reply
        reply.header.flags.recursionAvailable = flags.recursionAvailable
        let wantsAD = query.dnssecOK || query.header.flags.authenticData
        reply.header.flags.authenticData = flags.authenticData && wantsAD
        guard isSameCase(as: query.message) || !writeRecased(to: reply, ttl: ttl) else { return }
        reply.append(octets.span, nameLength..<(nameLength + recordsLength))
        reply.header.answerCount = answerCount
        reply.header.authorityCount = authorityCount
        reply.header.additionalCount = additionalCount
        reply.section = .additional
        setTTLs(of: reply, to: ttl)
    }

    private func setTTLs(of reply: MessageWriter, to ttl: UInt32) {
        let octets = octets.span
        var bytes = reply.mutableBytes
        var place = nameLength &+ recordsLength
        while place &+ 2 <= octets.count {
            bytes.put(ttl, at: Int(octets.uint16(at: place)))
            place &+= 2
        }
    }

    /// Whether the question came in the same case as the one that the reply was first made for.
    private func isSameCase(as message: Span<UInt8>) -> Bool {
        octets.span.matches(0..<nameLength, message, at: MessageHeader.length)
    }

    /// Writes the records with the owner names as they were stored, though the question above them has another case.
    ///
    /// The stored records point into the question for their names. So they are decoded and encoded again, the question's name
    /// being unknown to the compressor. This is what CoreDNS's clients see; it is rare and may allocate.
    /// - Returns: whether it could be done; if not, `reply` is as it was before.
    private func writeRecased(to reply: MessageWriter, ttl: UInt32) -> Bool {
        let start = reply.bytes.copy()
        let header = reply.header
        do throws(WireError) {
            let stored = storedMessage
            reply.begin(id: header.id, flags: header.flags)
            reply.append(start.span, MessageHeader.length..<start.count)
            reply.header.questionCount = 1
            var walk = try RecordWalk(stored.span)
            while let (section, view) = try walk.next() {
                var record = try Record(decoding: stored.span, view)
                record.ttl = ttl
                reply.section = section
                record.encode(into: reply)
            }
            return true
        } catch {
            reply.begin(id: header.id, flags: header.flags)
            reply.copyQuestion(start.span, MessageHeader.length..<start.count)
            return false
        }
    }

    /// The reply as it was stored, as a whole message.
    private var storedMessage: [UInt8] {
        var message: [UInt8] = []
        for value in [
            0, 0, 1, answerCount, authorityCount, additionalCount, key.type.rawValue, key.recordClass.rawValue,
        ] {
            if message.count == MessageHeader.length { message += octets[..<nameLength] }
            message.append(UInt8(truncatingIfNeeded: value >> 8))
            message.append(UInt8(truncatingIfNeeded: value))
        }
        return message + octets[nameLength..<(nameLength + recordsLength)]
    }
}
