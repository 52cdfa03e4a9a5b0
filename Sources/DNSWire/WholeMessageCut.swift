extension MutableSpan<UInt8> {
    /// Leaves out records from the end of a whole message in place until it has at most `limit` octets, and sets TC if any was left out;
    /// an OPT record at the end stays.
    ///
    /// - Complexity: O(records).
    /// - Returns: octets that remain; all of them when the message is damaged.
    @_lifetime(self: copy self)
    package mutating func cutMessage(to limit: Int) -> Int {
        guard count > limit, let cut = try? MessageCut(span, to: limit) else { return count }
        for offset in 0..<cut.option.count { self[cut.end + offset] = self[cut.option.lowerBound + offset] }
        put(UInt16(truncatingIfNeeded: cut.records.0), at: 6)
        put(UInt16(truncatingIfNeeded: cut.records.1), at: 8)
        put(UInt16(truncatingIfNeeded: cut.records.2 + (cut.option.isEmpty ? 0 : 1)), at: 10)
        self[2] |= UInt8(truncatingIfNeeded: MessageHeader.Flags.truncated >> 8)
        return cut.end + cut.option.count
    }
}

/// Where a whole message is to be cut.
private struct MessageCut {
    /// Where the last record that stays ends.
    let end: Int
    /// How many records of each section stay, the OPT record left aside.
    private(set) var records = (0, 0, 0)
    /// Where the OPT record stands that ends the message; empty when none does.
    let option: Range<Int>

    init(_ message: Span<UInt8>, to limit: Int) throws(WireError) {
        let option = try Self.option(message)
        self.option = option
        var walk = try RecordWalk(message)
        var end = walk.offset
        while let (section, record) = try walk.next(), record.end <= limit - option.count {
            guard record.nameOffset != option.lowerBound || option.isEmpty else { break }
            switch section {
            case .answer: records.0 += 1
            case .authority: records.1 += 1
            case .additional: records.2 += 1
            }
            end = record.end
        }
        self.end = end
    }

    private static func option(_ message: Span<UInt8>) throws(WireError) -> Range<Int> {
        var walk = try RecordWalk(message)
        var last: RecordView?
        while let (section, record) = try walk.next() { last = section == .additional ? record : nil }
        guard let last, last.type == .OPT, last.end == message.count else { return message.count..<message.count }
        return last.nameOffset..<last.end
    }
}
