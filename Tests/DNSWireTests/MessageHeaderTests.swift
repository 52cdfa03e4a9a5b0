import DNSWire
import Testing

@Suite("Message headers")
struct MessageHeaderTests {
    @Test("RFC 1035 §4.1.1: each field stands at its place")
    func fields() throws {
        let octets = wire(
            """
            AB CD       ; ID
            00 00       ; flags
            00 01       ; questions
            00 02       ; answers
            01 00       ; authorities
            FF FF       ; additionals
            """)
        let header = try #require(MessageHeader(octets: octets))
        #expect(header.id == 0xABCD)
        #expect(header.questionCount == 1)
        #expect(header.answerCount == 2)
        #expect(header.authorityCount == 256)
        #expect(header.additionalCount == 65_535)
        #expect(MessageHeader(octets: Array(octets.dropLast())) == nil)
    }

    @Test("RFC 1035 §4.1.1, RFC 4035 §3: each flag is one bit")
    func flags() {
        let bits: [(UInt16, WritableKeyPath<MessageHeader.Flags, Bool>)] = [
            (0x8000, \.isResponse), (0x0400, \.isAuthoritative), (0x0200, \.isTruncated), (0x0100, \.recursionDesired),
            (0x0080, \.recursionAvailable), (0x0020, \.authenticData), (0x0010, \.checkingDisabled),
        ]
        for (bit, flag) in bits {
            #expect(MessageHeader.Flags(rawValue: bit)[keyPath: flag])
            #expect(!MessageHeader.Flags(rawValue: ~bit)[keyPath: flag])
            var flags = MessageHeader.Flags(rawValue: 0)
            flags[keyPath: flag] = true
            #expect(flags.rawValue == bit)
            flags.rawValue = 0xFFFF
            flags[keyPath: flag] = false
            #expect(flags.rawValue == ~bit)
        }
    }

    @Test("opcode and response code take four bits each and leave the others alone")
    func codes() {
        for code in UInt8(0)...15 {
            for background: UInt16 in [0, 0xFFFF] {
                var flags = MessageHeader.Flags(rawValue: background)
                flags.opcode = Opcode(rawValue: code)
                #expect(flags.opcode.rawValue == code)
                #expect(flags.rawValue == background & 0x87FF | UInt16(code) << 11)
                flags.rawValue = background
                flags.responseCode = code
                #expect(flags.responseCode == code)
                #expect(flags.rawValue == background & 0xFFF0 | UInt16(code))
            }
        }
    }

    @Test("mnemonics are read and printed", arguments: ["A", "AAAA", "HTTPS", "TYPE65280", "ANY", "CAA"])
    func types(_ text: String) {
        #expect(RecordType(parsing: text.lowercased())?.description == text)
    }

    @Test("RFC 3597 §5: what is no mnemonic is a number, or nothing")
    func unknownMnemonics() {
        #expect(RecordType(parsing: "TYPE1") == .A)
        #expect(RecordType(parsing: "TYPE65536") == nil)
        #expect(RecordType(parsing: "TYPE") == nil)
        #expect(RecordType(parsing: "BOGUS") == nil)
        #expect(RecordClass(parsing: "ch") == .CH)
        #expect(RecordClass(parsing: "CLASS32")?.description == "CLASS32")
        #expect(RecordClass(parsing: "XX") == nil)
        #expect(ResponseCode(parsing: "nxdomain") == .nameError)
        #expect(ResponseCode(rawValue: 3_000).description == "3000")
        #expect(Opcode(rawValue: 4).description == "NOTIFY")
        #expect(Opcode(rawValue: 9).description == "OPCODE9")
    }
}
