import DNSWire
import Testing

@testable import Plugins

@Suite struct ReplyCheckTests {
    static let name = Name(uncheckedWire: Array("\u{3}WwW\u{7}example\u{3}org\u{0}".utf8))
    static let query = Message(id: 0x1234, asking: Question(name, .A)).encoded()
    static let question = 12..<(12 + 17 + 4)

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var expected: ReplyCheck
        /// Changes an ordinary reply.
        var change: @Sendable (inout [UInt8]) -> Void
    }

    static let rows: [Row] = [
        Row(testDescription: "a reply", expected: .reply) { _ in },
        Row(testDescription: "a reply whose question has another case", expected: .otherCase) { $0[13] ^= 0x20 },
        Row(testDescription: "a truncated reply", expected: .reply) { $0[2] |= 2 },
        Row(testDescription: "a query", expected: .foreign) { $0[2] &= 0x7F },
        Row(testDescription: "another opcode", expected: .foreign) { $0[2] |= 0x20 },
        Row(testDescription: "another name", expected: .foreign) { $0[13] = 0x78 },
        Row(testDescription: "a name that differs in a length octet only", expected: .foreign) { $0[12] = 4 },
        Row(testDescription: "an octet that is no letter, with bit 5 changed", expected: .foreign) { $0[16] ^= 0x20 },
        Row(testDescription: "another type", expected: .foreign) { $0[30] = 28 },
        Row(testDescription: "another class", expected: .foreign) { $0[32] = 3 },
        Row(testDescription: "two questions", expected: .foreign) { $0[5] = 2 },
        Row(testDescription: "NOERROR without a question", expected: .foreign) {
            $0[5] = 0
            $0.removeSubrange(12...)
        },
        Row(testDescription: "FORMERR without a question", expected: .bareRefusal) {
            $0 = Array($0[..<12])
            ($0[3], $0[5]) = (1, 0)
        },
        Row(testDescription: "SERVFAIL without a question, with records", expected: .foreign) {
            ($0[3], $0[5], $0[7]) = (2, 0, 1)
        },
        Row(testDescription: "NXDOMAIN without a question", expected: .foreign) {
            $0 = Array($0[..<12])
            ($0[3], $0[5]) = (3, 0)
        },
        Row(testDescription: "a question that is cut off", expected: .foreign) { $0.removeLast() },
        Row(testDescription: "a header that is cut off", expected: .foreign) { $0.removeSubrange(11...) },
        Row(testDescription: "nothing", expected: .foreign) { $0 = [] },
    ]

    @Test("only a reply to the very question is one; all else is ignored and the wait goes on", arguments: rows)
    func check(_ row: Row) {
        var reply = Self.query
        reply[2] |= 0x80
        row.change(&reply)
        let (message, query) = (reply, Self.query)
        #expect(ReplyCheck(message.span, to: query.span, question: Self.question) == row.expected)
    }
}
