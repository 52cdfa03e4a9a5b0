package import DNSWire

/// Puts what the server says of the names that aliases lead to into the reply that has the aliases, each record once (RFC 2181 §5).
package struct AliasEnd {
    /// Whether the reply takes no more: what else there is to look up would be thrown away.
    package static func isReached(in query: Query) -> Bool {
        query.reply.isFull || query.reply.header.flags.isTruncated
    }

    /// The answers of the first lookup; nearly always there is no other, and nothing to compare them with.
    private var first: [Record] = []
    private var seen: Set<Key> = []

    /// What makes two records the same: all but the TTL.
    private struct Key: Hashable {
        let owner: Name
        let type: RecordType
        let recordClass: RecordClass
        let data: RecordData
    }

    package init() {}

    /// Notes a record that stands in the reply already.
    ///
    /// - Returns: whether it is the first of its like.
    @discardableResult
    package mutating func note(_ record: Record) -> Bool {
        let key = Key(owner: record.owner, type: record.type, recordClass: record.recordClass, data: record.data)
        return seen.insert(key).inserted
    }

    /// Appends the answers of `lookup` to the section that the reply to `query` is in.
    ///
    /// - Returns: the code that it ends the alias with, which is that of the last name (RFC 6604 §3). Silence and a chain without an end
    ///   are SERVFAIL; a name that nothing here answers ends with the alias, for the asker to follow (RFC 1034 §4.3.2, step 3a).
    package mutating func append(_ lookup: Lookup?, to query: Query) -> ResponseCode {
        guard let lookup, let message = try? Message(decoding: lookup.message.span) else {
            // It says nothing of the name: another asker may come here by a shorter way, with more time, or when there is less to do.
            query.isShareable = false
            return .serverFailure
        }
        write(message.answers, to: query.reply)
        if !lookup.isShareable { query.isShareable = false }
        if lookup.isUnserved { return .noError }
        // A failure of this query's own, such as that its time was up, is no other's.
        if let failure = lookup.failure, !failure.isOfResolution { query.isShareable = false }
        return lookup.responseCode
    }

    private mutating func write(_ records: [Record], to reply: MessageWriter) {
        guard !first.isEmpty || !seen.isEmpty else {
            for record in records { record.encode(into: reply) }
            first = records
            return
        }
        for record in first { note(record) }
        for record in records where note(record) { record.encode(into: reply) }
    }

    /// The same for an alias in the answer: the reply is cut short where what it leads to is, and a failure says why.
    package mutating func follow(_ lookup: Lookup?, in query: Query) -> ResponseCode {
        let code = append(lookup, to: query)
        if lookup?.flags.isTruncated == true { query.reply.header.flags.isTruncated = true }
        if code != .noError, let error = lookup?.failure?.extendedError { query.addExtendedError(error) }
        return code
    }
}
