import DNSWire

extension FuzzBody {
    /// The first two octets are a limit, the rest is a message from somewhere: copied and truncated, it is whole.
    package static let truncation = FuzzBody(name: "FuzzTruncation") { octets in
        guard octets.count >= 2 else { return nil }
        let limit = max(MessageHeader.length, Int(octets[0]) << 8 | Int(octets[1]))
        let message = Array(octets.dropFirst(2))
        let writer = MessageWriter()
        do {
            try writer.copyMessage(message.span)
        } catch {
            return message.count < MessageHeader.length ? nil : "not copied: \(error)"
        }
        writer.truncate(to: limit)
        writer.finish()
        let short = writer.bytes.copy()
        guard message.count > limit else { return short == message ? nil : "changed, though it fits" }
        return checkTruncated(short, of: message, limit: limit)
    }

    private static func checkTruncated(_ short: [UInt8], of message: [UInt8], limit: Int) -> String? {
        guard let (records, end) = walk(short) else { return "damaged at limit \(limit)" }
        guard end == short.count else { return "octets behind the last record" }
        guard short.count <= limit || records == 0 else { return "\(short.count) octets at limit \(limit)" }
        guard MessageHeader(decoding: short.span)?.flags.isTruncated == true else { return "no TC" }
        if let whole = walk(message), whole.records < records { return "more records than before" }
        return nil
    }

    /// How many records there are and where the last one ends, or nil for a damaged message.
    private static func walk(_ octets: [UInt8]) -> (records: Int, end: Int)? {
        do {
            var walk = try RecordWalk(octets.span)
            var records = 0
            while let (_, record) = try walk.next() {
                guard record.end <= octets.count else { return nil }
                records += 1
            }
            return (records, walk.offset)
        } catch {
            return nil
        }
    }
}
