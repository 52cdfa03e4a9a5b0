import DNSWire

/// Lines for debugging on messages that no server block gets to see, with their octets in the form that `text2pcap` reads.
///
/// Strangers bring them about, so that there is a bound: so many messages a second, and so many octets of each.
struct RefusalLines {
    private static let messagesPerSecond = 50
    private static let longestDump = 1_024
    private static let second: UInt64 = 1_000_000_000

    private var secondStart: UInt64 = 0
    private var messages = 0

    /// The lines about `query`, which is answered with `code`; nil when the second has had its share.
    mutating func lines(for query: Query, _ code: ResponseCode) -> [UInt8]? {
        if query.now &- secondStart >= Self.second {
            secondStart = query.now
            messages = 0
        }
        messages += 1
        guard messages <= Self.messagesPerSecond else { return nil }
        let length = query.message.count
        var text = "[DEBUG] \(code) to \(query.client), which sent \(length) octets over \(query.transport):\n"
        Self.append(query.message, to: &text)
        return Array(text.utf8)
    }

    /// Appends sixteen octets a line, each behind its offset, and the length, or where the rest was left out, at the end.
    private static func append(_ message: Span<UInt8>, to text: inout String) {
        let length = min(message.count, longestDump)
        for start in stride(from: 0, to: length, by: 16) {
            text += "debug: \(hex(start, digits: 6))"
            for index in start..<min(start + 16, length) { text += " " + hex(Int(message[index]), digits: 2) }
            text += "\n"
        }
        text += "debug: \(hex(length, digits: 6))\n"
    }

    private static func hex(_ value: Int, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}

extension Worker {
    /// Whether lines for debugging are written.
    package var writesDebugLines: Bool { debug.isOn }

    /// Has a line, when somebody wants to see them, about a message that no server block gets to see.
    func noteRefusal(of query: Query, _ code: ResponseCode) {
        guard debug.isOn, let lines = refusalLines.lines(for: query, code) else { return }
        output.append(lines)
    }
}
