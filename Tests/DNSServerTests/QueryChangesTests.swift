import DNSWire
import Testing

@testable import DNSServer

@Suite("What plugins change of a query")
struct QueryChangesTests {
    private let worker: Worker

    init() throws {
        worker = try makeWorker()
    }

    private func admitted(_ message: [UInt8], over transport: Query.Transport = .udp) throws -> Query {
        let query = Query(worker: worker)
        query.transport = transport
        query.take(message.span)
        #expect(query.admit() == .admitted)
        return query
    }

    private func sent(_ query: Query) throws -> Message {
        try Message(decoding: query.message)
    }

    @Test("a span of a query's message stays readable when the query takes a larger one, until its worker's turn ends")
    func outgrown() throws {
        let query = Query(worker: worker)
        query.take([1, 2, 3].span)
        let before = query.message
        query.take([UInt8](repeating: 7, count: 2_000).span)
        // Who asks for as much memory as was given back is given just that.
        let others = (0..<64).map { _ in [UInt8](repeating: 0xEE, count: 480) }
        #expect(before.copy() == [1, 2, 3])
        #expect(others.count == 64 && worker.outgrown.count == 1 && query.message.count == 2_000)
    }

    @Test(
        "RFC 6891 §6.2.3: a payload size that is lowered is lower in the message, for the reply, and in its OPT record",
        arguments: [(4_096, 1_232, 1_232), (1_232, 1_232, 1_232), (600, 1_232, 600), (65_535, 512, 512)])
    func payloadSize(offered: UInt16, limit: UInt16, expected: UInt16) throws {
        let options = [EDNSOption(.cookie, [1, 2, 3, 4, 5, 6, 7, 8])]
        let edns = EDNS(payloadSize: offered, dnssecOK: true, options: options)
        let query = try admitted(try queryMessage("a.example", edns: edns))
        let before = query.message.count
        query.limitPayloadSize(to: limit)
        #expect(query.replyLimit == Int(expected) && query.message.count == before)
        let message = try sent(query)
        #expect(message.edns == EDNS(payloadSize: expected, dnssecOK: true, options: options))
        query.beginReply()
        query.hasReply = true
        query.sealReply()
        #expect(try decoded(replyOctets(query)).edns?.payloadSize == expected)
    }

    @Test("A query without an OPT record stays as it is, and over TCP there is no limit")
    func noPayloadSize() throws {
        let octets = try queryMessage("a.example")
        let plain = try admitted(octets)
        plain.limitPayloadSize(to: 1_232)
        #expect(plain.replyLimit == 512 && plain.message.copy() == octets)
        let stream = try admitted(try queryMessage("a.example", edns: EDNS(payloadSize: 4_096)), over: .tcp)
        stream.limitPayloadSize(to: 1_232)
        #expect(stream.replyLimit == 65_535)
        #expect(try sent(stream).edns?.payloadSize == 1_232)
    }

    @Test("Flags that are changed are changed in the message, and RD is that of the reply")
    func flags() throws {
        let query = try admitted(try queryMessage("a.example", flags: 0x0010))
        var flags = query.header.flags
        flags.recursionDesired = true
        query.setFlags(flags)
        let message = try sent(query)
        #expect(message.flags.rawValue == 0x0110 && message.id == 0x1234 && message.questions.count == 1)
        query.beginReply()
        #expect(query.reply.header.flags.rawValue == 0x8110)
    }

    @Test("The next message in the same buffer is not touched by what was changed in the last")
    func reuse() throws {
        let query = try admitted(try queryMessage("a.example", edns: EDNS(payloadSize: 4_096)))
        query.limitPayloadSize(to: 512)
        query.deadline = 9
        query.omitsAdditional = true
        query.reset()
        let next = try queryMessage("b.example", edns: EDNS(payloadSize: 4_096))
        query.take(next.span)
        #expect(query.admit() == .admitted && query.replyLimit == 4_096)
        #expect(query.deadline == .max && !query.omitsAdditional)
    }
}
