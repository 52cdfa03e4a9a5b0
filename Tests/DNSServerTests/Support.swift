import DNSWire
import Telemetry
import Testing

@testable import DNSServer

/// A worker whose thread is not started: its queries are driven by the test.
func makeWorker(
    waitingOctets: Int = ResourceLimits().waitingOctets(workers: 1), metrics: MetricsRegistry = MetricsRegistry()
) throws -> Worker {
    try Worker(
        index: 0, shard: metrics.makeShard(), counters: ServerCounters(metrics), waitingOctets: waitingOctets)
}

/// Octets from hex digits; blanks and `;` comments to the end of the line are passed over.
func octets(_ hex: String) -> [UInt8] {
    let digits = hex.split(separator: "\n").map { $0.prefix { $0 != ";" } }.joined().filter(\.isHexDigit)
    return stride(from: 0, to: digits.count - 1, by: 2).compactMap { offset in
        let start = digits.index(digits.startIndex, offsetBy: offset)
        return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)
    }
}

/// A query message for `name`.
func queryMessage(
    _ name: String, _ type: RecordType = .A, id: UInt16 = 0x1234, flags: UInt16 = 0x0100, edns: EDNS? = nil,
    recordClass: RecordClass = .IN
) throws -> [UInt8] {
    let question = Question(try Name(parsing: name), type, recordClass: recordClass)
    var message = Message(id: id, asking: question, edns: edns)
    message.flags = MessageHeader.Flags(rawValue: flags)
    return message.encoded()
}

/// A reply, decoded.
func decoded(_ reply: [UInt8]?) throws -> Message {
    let reply = try #require(reply)
    return try Message(decoding: reply.span)
}

/// The octets of a query's reply so far.
func replyOctets(_ query: Query) -> [UInt8] {
    let reply = query.reply
    return reply.bytes.copy()
}

/// Keeps what becomes of queries.
final class Recorder: QueryOrigin {
    var replies: [[UInt8]] = []
    var drops = 0

    func complete(_ query: Query) {
        let reply = query.reply
        if query.hasReply, !query.isDropped {
            replies.append(reply.bytes.copy())
        } else {
            drops += 1
        }
    }
}

/// A plugin made of two closures.
final class ScriptedHandler: ReplyHandler {
    private let onHandle: (Query) -> Verdict
    private let onFinish: (Query) -> ReplyVerdict

    init(handle: @escaping (Query) -> Verdict, finish: @escaping (Query) -> ReplyVerdict = { _ in .done }) {
        onHandle = handle
        onFinish = finish
    }

    func handle(_ query: Query) -> Verdict { onHandle(query) }
    func finish(_ query: Query) -> ReplyVerdict { onFinish(query) }
}

/// A block without plugins, for chains that are made by hand.
func makeBlock(zones: [String] = ["."]) throws -> ServerBlock {
    ServerBlock(
        identity: BlockIdentity(
            zones: zones, zoneNames: try zones.map { try Name(parsing: $0) }, port: 53, serverLabel: "dns://:53"),
        plugins: [], addresses: [])
}

/// A plugin that is nothing but its name, for handlers that are made by hand.
final class NamedPlugin: Plugin {
    let name: String

    init(_ name: String) {
        self.name = name
    }
}

/// A chain of handlers named a, b, c and so on.
func makeChain(_ handlers: [any QueryHandler], zones: [String] = ["."]) throws -> Chain {
    let names = "abcdefghij".map(String.init)
    return Chain(block: try makeBlock(zones: zones), handlers: zip(names, handlers).map { (NamedPlugin($0), $1) })
}

/// The reply of `query` as it would be sent.
func sealed(_ query: Query) throws -> Message {
    query.hasReply = true
    query.sealReply()
    let reply = query.reply
    return try Message(decoding: reply.bytes)
}
