import Basics
import DNSWire

/// Replies to queries as they come.
enum ScriptedReply {
    /// One A record of the name that was asked for.
    static func answer(_ query: [UInt8], address: UInt32 = 0xC000_0201, isTruncated: Bool = false) -> [UInt8] {
        guard var message = try? Message(decoding: query.span), let question = message.questions.first else {
            return []
        }
        message.flags.isResponse = true
        message.flags.recursionAvailable = true
        message.flags.isTruncated = isTruncated
        if !isTruncated { message.answers = [Record(question.name, .A, ttl: 60, .a(IPAddress(ipv4: address)))] }
        return message.encoded()
    }

    /// An A record of three octets.
    static func damaged(_ query: [UInt8]) -> [UInt8] {
        guard var message = try? Message(decoding: query.span), let question = message.questions.first else {
            return []
        }
        message.flags.isResponse = true
        message.answers = [Record(question.name, .A, ttl: 60, .unknown([192, 0, 2]))]
        return message.encoded()
    }
}
