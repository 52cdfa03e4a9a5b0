import Testing

@testable import DNSWire

@Suite("What of a reply from elsewhere can be used")
struct ReplySurveyTests {
    /// A reply to `a.b.` with one record in the answer section; `record` is what stands behind the question.
    private func reply(_ record: String, answers: String = "0001", additionals: String = "0000") -> [UInt8] {
        wire("1234 8180 0001 \(answers) 0000 \(additionals)  01 'a' 01 'b' 00 00FF 0001  \(record)")
    }

    private func survey(_ octets: [UInt8], _ recordClass: RecordClass = .IN) throws(WireError) -> ReplySurvey {
        try ReplySurvey(octets.span, recordClass: recordClass)
    }

    /// Type and data of a record that does not have the form of its type.
    static let malformed: [(rule: String, record: String)] = [
        ("RFC 1035 §3.4.1: A of three octets", "C00C 0001 0001 0000003C 0003 C00002"),
        ("RFC 1035 §3.4.1: A of five", "C00C 0001 0001 0000003C 0005 C000020101"),
        ("RFC 1035 §3.4.1: A of none", "C00C 0001 0001 0000003C 0000"),
        ("RFC 3596 §2.2: AAAA of four octets", "C00C 001C 0001 0000003C 0004 C0000201"),
        ("RFC 1035 §3.3.9: MX of one octet", "C00C 000F 0001 0000003C 0001 00"),
        ("RFC 1035 §3.3.9: MX with octets behind its name", "C00C 000F 0001 0000003C 0005 000A C00C 00"),
        ("RFC 1035 §3.3.14: a TXT string beyond its data", "C00C 0010 0001 0000003C 0003 05 'ab'"),
        ("RFC 1035 §3.3.14: TXT without a string", "C00C 0010 0001 0000003C 0000"),
        ("RFC 1035 §4.1.4: an owner that points to itself", "01 'x' C015 0001 0001 0000003C 0004 C0000201"),
        ("RFC 1035 §4.1.4: an owner that points behind itself", "C100 0001 0001 0000003C 0004 C0000201"),
        ("RFC 1035 §4.1.4: an owner that points beyond the message", "FFFF 0001 0001 0000003C 0004 C0000201"),
        ("RFC 1035 §4.1.4: an owner that points into the header", "C002 0001 0001 0000003C 0004 C0000201"),
        ("RFC 1035 §4.1.4: an alias to itself", "C00C 0005 0001 0000003C 0002 C021"),
        ("RFC 1035 §4.1.4: an alias that points beyond the message", "C00C 0005 0001 0000003C 0002 C0FF"),
        ("RFC 1035 §3.3.1: an alias with octets behind its name", "C00C 0005 0001 0000003C 0003 C00C 00"),
        ("RFC 1035 §3.2.4: a record of another class", "C00C 0001 0003 0000003C 0004 C0000201"),
        ("RFC 1035 §3.3.13: SOA without its numbers", "C00C 0006 0001 0000003C 0004 C00C C00C"),
        ("RFC 2782: SRV without a name", "C00C 0021 0001 0000003C 0006 0000 0000 0050"),
        ("RFC 3403 §4.1: NAPTR with a string beyond its data", "C00C 0023 0001 0000003C 0007 0001 0001 09 'ab'"),
        ("RFC 4034 §5.1: DS of three octets", "C00C 002B 0001 0000003C 0003 000105"),
        ("RFC 4034 §3.1: RRSIG that ends before its signer", "C00C 002E 0001 0000003C 0004 00010502"),
        ("RFC 4034 §4.1.2: NSEC with a window of no octets", "C00C 002F 0001 0000003C 0004 C00C 0000"),
        ("RFC 4034 §2.1: DNSKEY of three octets", "C00C 0030 0001 0000003C 0003 010003"),
        ("RFC 9460 §2.2: SVCB with keys out of order", "C00C 0040 0001 0000003C 000C 0001 00 0003 0000 0001 0000 00"),
        ("RFC 8659 §4.1: CAA with an empty tag", "C00C 0101 0001 0000003C 0003 00 00 'x'"),
    ]

    @Test(
        "a record that does not have its form spoils the reply, and is left out of the additional section",
        arguments: malformed)
    func spoilt(rule: String, record: String) throws {
        #expect(throws: WireError.self, "\(rule)") { try survey(reply(record)) }
        // Behind another record it points to that one's owner.
        guard !record.contains("C015") else { return }
        let good = "C00C 0001 0001 0000003C 0004 C0000201"
        let found = try survey(reply("\(good) \(record)", additionals: "0001"))
        #expect(found.header.answerCount == 1 && found.header.additionalCount == 0)
        #expect(found.end == 21 + 16 && !found.isShort)
    }

    @Test("RFC 3597 §3: types that nobody takes apart are left as they are")
    func opaque() throws {
        for record in ["C00C FF00 0001 0000003C 0003 C0FFEE", "C00C 0034 0001 0000003C 0000"] {
            #expect(try survey(reply(record)).header.answerCount == 1)
        }
    }

    @Test("RFC 1035 §3.2.4: who asks for class CH gets it, and addresses there have another form")
    func otherClass() throws {
        let record = "C00C 0001 0003 0000003C 0003 C00002"
        #expect(try survey(reply(record), .CH).header.answerCount == 1)
        #expect(try survey(reply(record), .ANY).header.answerCount == 1)
    }

    @Test("every record of messages as they are encoded is sound", arguments: 0..<300)
    func sound(seed: UInt64) throws {
        var random = RandomMessages(seed: seed)
        let message = random.message()
        let found = try survey(message.encoded())
        #expect(Int(found.header.answerCount) == message.answers.count)
        #expect(Int(found.header.authorityCount) == message.authorities.count)
        #expect(Int(found.header.additionalCount) == message.additionals.count + (message.edns == nil ? 0 : 1))
        #expect(!found.isCut && !found.isShort && found.endsWithOptions)
        #expect((found.edns == nil) == (message.edns == nil))
    }

    @Test("whatever becomes of a message on its way, what is passed on can be read", arguments: 0..<300)
    func mutated(seed: UInt64) throws {
        var random = RandomMessages(seed: seed)
        var chance = SeededGenerator(seed ^ 0x5EED)
        let whole = random.message().encoded()
        for _ in 0..<40 {
            var octets = whole
            for _ in 0..<Int.random(in: 0...2, using: &chance) {
                octets[Int.random(in: 6..<octets.count, using: &chance)] = UInt8.random(in: 0...255, using: &chance)
            }
            if Bool.random(using: &chance) {
                octets = Array(octets.prefix(Int.random(in: 12...octets.count, using: &chance)))
            }
            guard let found = try? survey(octets) else { continue }
            var walk = RecordWalk(octets.span, header: found.header, offset: found.questionEnd)
            while let (_, view) = try walk.next() {
                if view.type != .OPT { _ = try Record(decoding: octets.span, view) }
            }
            #expect(walk.offset <= found.end)
        }
    }

    @Test("a message that ends too early is cut in the middle of a record, and short between two")
    func early() throws {
        let record = "C00C 0001 0001 0000003C 0004 C0000201"
        let cut = try survey(reply("\(record) \(record)", answers: "0003").dropLast(2))
        #expect(cut.isCut && cut.header.answerCount == 1)
        let short = try survey(reply("\(record) \(record)", answers: "0003"))
        #expect(short.isShort && !short.isCut && short.header.answerCount == 2)
        let missing = try survey(reply(record, additionals: "0001"))
        #expect(!missing.isShort && !missing.isCut && missing.header.additionalCount == 0)
    }

    @Test("a name of many pointers is no long work")
    func pointers() throws {
        // Each owner points to the pointer before it.
        var octets = wire("1234 8180 0001 07D0 0000 0000  00 00FF 0001")
        var former = 12
        for _ in 0..<2_000 {
            let start = octets.count
            octets += [0xC0 | UInt8(former >> 8), UInt8(former & 0xFF)]
            octets += wire("FF00 0001 0000003C 0000")
            former = start
            if former > 0x3FFF { break }
        }
        #expect(throws: WireError.badPointer) { try survey(octets) }
    }
}
