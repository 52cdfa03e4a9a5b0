import DNSWire

extension FuzzBody {
    /// A message that decodes is the same after encoding and decoding, and at any limit what is left of it decodes; so is one whose
    /// records are copied, and one that is cut in place.
    package static let message = FuzzBody(name: "FuzzMessage") { octets in
        if let problem = copied(octets) ?? cut(octets) { return problem }
        guard var message = try? Message(decoding: octets.span) else { return nil }
        if message.text.isEmpty { return "no text" }
        message.trailingLength = 0
        let encoded = message.encoded()
        guard let again = try? Message(decoding: encoded.span) else { return "the encoded message does not decode" }
        // A hostile message can be longer when its names are encoded anew.
        guard again == message || (again.flags.isTruncated && !message.flags.isTruncated) else {
            return "changed by encoding:\n\(message)\n\(again)"
        }
        return shortened(message, to: [12, 40, 80, 512, encoded.count - 1])
    }

    /// Records are copied one by one, whatever is wrong with those behind: nobody has decoded them before.
    private static func copied(_ octets: [UInt8]) -> String? {
        let writer = MessageWriter()
        writer.begin(id: 0, flags: MessageHeader.Flags(rawValue: 0))
        writer.setLimit(4_096)
        var copier = RecordCopier()
        var expected: [Record] = []
        do throws(WireError) {
            var walk = try RecordWalk(octets.span)
            while !writer.isFull, let (section, view) = try walk.next() {
                let record = try Record(decoding: octets.span, view)
                writer.section = section
                try copier.copy(view, of: octets.span, ttl: view.ttl, to: writer)
                if !writer.isFull { expected.append(record) }
            }
        } catch {
            return nil
        }
        // What stands in an OPT record is looked at elsewhere.
        guard !expected.contains(where: { $0.type == .OPT }) else { return nil }
        writer.finish()
        guard writer.count <= 4_096, let message = try? Message(decoding: writer.bytes) else {
            return "the copied message does not decode"
        }
        return message.answers + message.authorities + message.additionals == expected ? nil : "changed by copying"
    }

    private static func cut(_ octets: [UInt8]) -> String? {
        guard let whole = try? Message(decoding: octets.span) else { return nil }
        for limit in [40, 80, 512] {
            var octets = octets
            var span = octets.mutableSpan
            let count = span.cutMessage(to: limit)
            guard let rest = try? Message(decoding: Array(octets.prefix(count)).span) else {
                return "cut in place, does not decode"
            }
            guard rest.answers == Array(whole.answers.prefix(rest.answers.count)) else {
                return "cut in place, other answers"
            }
        }
        return nil
    }

    private static func shortened(_ message: Message, to limits: [Int]) -> String? {
        for limit in limits {
            let encoded = message.encoded(limit: limit)
            guard let rest = try? Message(decoding: encoded.span) else { return "does not decode at limit \(limit)" }
            guard rest.answers == Array(message.answers.prefix(rest.answers.count)) else {
                return "other answers at limit \(limit)"
            }
        }
        return nil
    }
}
