import Testing

@testable import LDNS

@Suite struct MessageTests {
    @Test("a query by hand: header, question and OPT")
    func query() throws {
        let wire: [UInt8] =
            [
                0x12, 0x34, 0x01, 0x20, 0, 1, 0, 0, 0, 0, 0, 1,  // id, RD and AD, counts
                1, 0x61, 0, 0, 1, 0, 1,  // a. A IN
                0, 0, 41, 0x04, 0xD0, 0, 0, 0x80, 0, 0, 4, 0, 12, 0, 0,  // OPT 1232, DO, an empty padding option
            ]
        let message = try LDNS.decode(wire)
        #expect(message.id == 0x1234)
        #expect(message.flags.recursionDesired)
        #expect(message.flags.isAuthenticData)
        #expect(!message.flags.isResponse)
        #expect(message.question == [LDNSQuestion(name: [1, 0x61, 0], type: 1, class: 1)])
        #expect(message.question.first?.nameText == "a.")
        #expect(message.edns == LDNSEDNS(payloadSize: 1_232, isDNSSECOK: true, options: [0, 12, 0, 0]))
        #expect(message.additional.isEmpty)
        #expect(message.tsig == nil)
    }

    @Test("a compressed reply by hand")
    func reply() throws {
        let wire: [UInt8] =
            [
                0, 1, 0x84, 0x03, 0, 1, 0, 1, 0, 0, 0, 0,  // QR AA, NXDOMAIN
                1, 0x61, 1, 0x62, 0, 0, 15, 0, 1,  // a.b. MX IN
                0xC0, 12, 0, 15, 0, 1, 0, 0, 0, 60, 0, 6, 0, 10, 1, 0x6D, 0xC0, 14,  // a.b. MX 10 m.b.
            ]
        let message = try LDNS.decode(wire)
        #expect(message.flags.isResponse)
        #expect(message.flags.isAuthoritative)
        #expect(message.flags.rcode == 3)
        #expect(message.answer.map(\.text) == ["a.b. 60 IN MX 10 m.b."])
        #expect(message.answer.first?.rdata == [0, 10, 1, 0x6D, 1, 0x62, 0])
        #expect(message.edns == nil)
    }

    @Test("what is encoded is decoded to the same, in every section")
    func roundTrip() throws {
        var text = LDNSMessageText(question: ("example.org", "TXT"))
        text.id = 0xBEEF
        text.flags.isResponse = true
        text.flags.isAuthoritative = true
        text.flags.isTruncated = true
        text.flags.recursionDesired = true
        text.flags.recursionAvailable = true
        text.flags.checkingDisabled = true
        text.flags.opcode = 4
        text.flags.rcode = 5
        text.records = [
            .answer: ["example.org. 60 IN TXT \"x\"", "example.org. 60 IN TXT \"y\""],
            .authority: ["org. 5 IN NS ns.example.org."], .additional: ["ns.example.org. 5 IN AAAA 2001:db8::1"],
        ]
        text.edns = LDNSEDNS(payloadSize: 4_096, options: [0, 3, 0, 1, 0x78])
        text.edns?.extendedRcode = 1
        let message = try LDNS.decode(try LDNS.encode(text))
        #expect(message.id == 0xBEEF)
        #expect(message.flags == text.flags)
        #expect(message.question.map(\.nameText) == ["example.org."])
        #expect(message.answer.map(\.text) == text.records[.answer])
        #expect(message.authority.map(\.text) == text.records[.authority])
        #expect(message.additional.map(\.text) == text.records[.additional])
        #expect(message.edns == text.edns)
    }

    @Test("names are compressed, and a message without question has none")
    func compression() throws {
        var text = LDNSMessageText(question: nil)
        text.records[.answer] = ["a.example.org. 1 IN CNAME b.example.org."]
        let wire = try LDNS.encode(text)
        #expect(wire[4...5] == [0, 0])
        #expect(wire.count == 12 + 15 + 10 + 4)
    }

    static let broken: [[UInt8]] = [
        [], [0], [UInt8](repeating: 0, count: 11), [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0],
        // a name that points at itself; a label that is too long for the message
        [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xC0, 12, 0, 1, 0, 1], [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 63, 1],
    ]

    @Test("a message that is cut short or has bad pointers is refused", arguments: broken)
    func refused(_ wire: [UInt8]) throws {
        #expect(try #require(throws: LDNSError.self) { try LDNS.decode(wire) }.code == .wire)
    }

    @Test("a record or type that cannot be read stops the encoding")
    func unreadable() throws {
        var text = LDNSMessageText(question: ("a.", "NOSUCH"))
        #expect(throws: LDNSError.self) { try LDNS.encode(text) }
        text = LDNSMessageText(question: ("a..", "A"))
        #expect(throws: LDNSError.self) { try LDNS.encode(text) }
        text = LDNSMessageText(question: ("a.", "A"))
        text.records[.authority] = ["nonsense"]
        #expect(throws: LDNSError.self) { try LDNS.encode(text) }
    }

    static let names: [(String, [UInt8], String)] = [
        (".", [0], "."), ("a", [1, 0x61, 0], "a."), ("a.B.", [1, 0x61, 1, 0x42, 0], "a.B."),
        ("\\046.", [1, 0x2E, 0], "\\.."), ("\\000.", [1, 0, 0], "\\000."), ("a\\\\.", [2, 0x61, 0x5C, 0], "a\\\\."),
        ("a\\.", [2, 0x61, 0x2E, 0], "a\\.."),
    ]

    @Test("names in text and wire form", arguments: names)
    func name(_ text: String, _ wire: [UInt8], _ printed: String) throws {
        #expect(try LDNS.name(fromText: text) == wire)
        #expect(try LDNS.text(ofName: wire) == printed)
    }

    @Test(
        "a wire name that is cut short or followed by something is refused",
        arguments: [[], [1], [1, 0x61, 0, 0], [0xC0, 0]])
    func badName(_ wire: [UInt8]) {
        #expect(throws: LDNSError.self) { try LDNS.text(ofName: wire) }
    }

    @Test("types have names, and unknown ones a number")
    func types() {
        #expect(LDNS.type(named: "mx") == 15)
        #expect(LDNS.type(named: "TYPE65280") == 65_280)
        #expect(LDNS.type(named: "HTTPS") == 65)
        #expect(LDNS.type(named: "x y") == nil)
        #expect(LDNS.name(ofType: 28) == "AAAA")
        #expect(LDNS.name(ofType: 65_280) == "TYPE65280")
    }

    @Test("data that does not fit its type is printed as hex")
    func misfit() {
        let record = LDNSRecord(owner: [0], type: 1, class: 1, ttl: 0, rdata: [1, 2])
        #expect(record.rdataText == "\\# 2 0102")
    }
}
