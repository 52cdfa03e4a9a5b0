package import DNSWire

/// The records of a reply as they stand in it, for plugins that read them, or change TTLs, or leave sections out, on the way up.
///
/// Nothing is decoded and nothing is copied: a record is its places in the reply (``RecordView``).
extension Query {
    /// Whether the reply is what a plugin or an upstream said to an ordinary question, and not a failure, a zone transfer or an update.
    package var hasOrdinaryReply: Bool {
        hasReply && !isDropped && failure == nil && header.flags.opcode == .query && type != .AXFR && type != .IXFR
            && reply.header.questionCount == 1 && reply.count >= questionEnd
    }

    /// Calls `body` with each record of the reply, in order, until it says false.
    ///
    /// - Throws: what is wrong with a record; an upstream's reply is read as far as it is whole.
    /// - Complexity: O(records).
    @inline(__always)
    package func visitRecords(
        _ body: (Section, RecordView) throws(WireError) -> Bool
    ) throws(WireError) {
        let reply = self.reply
        var walk = RecordWalk(reply.bytes, header: reply.header, offset: questionEnd)
        while let (section, record) = try walk.next() {
            guard try body(section, record) else { return }
        }
    }

    /// Gives `record`, one of the reply's, another TTL, in seconds.
    package func setTTL(_ ttl: UInt32, of record: RecordView) {
        let reply = self.reply
        var bytes = reply.mutableBytes
        bytes.put(ttl, at: record.ttlOffset)
    }

    /// Leaves nothing of the reply but its header, question and answer section.
    ///
    /// - Throws: an answer record is damaged; nothing is changed then.
    package func dropAllButAnswers() throws(WireError) {
        let reply = self.reply
        let answers = reply.header.answerCount
        guard reply.header.authorityCount > 0 || reply.header.additionalCount > 0 else { return }
        var walk = RecordWalk(reply.bytes, header: reply.header, offset: questionEnd)
        for _ in 0..<answers { _ = try walk.next() }
        reply.cut(at: walk.offset, answers: Int(answers), authorities: 0, additionals: 0)
    }
}
