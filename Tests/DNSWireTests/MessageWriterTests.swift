import DNSWire
import Testing

@Suite("Writing messages")
struct MessageWriterTests {
    private let writer = MessageWriter()

    /// Starts a reply to a query for `text`.
    private func begin(_ text: String = "www.example.org.") {
        let question = query(text)
        writer.begin(id: 1, flags: .init(rawValue: MessageHeader.Flags.response))
        writer.copyQuestion(question.span, MessageHeader.length..<question.count)
    }

    private func finished() -> [UInt8] {
        writer.finish()
        return writer.bytes.copy()
    }

    @Test("a span of a message that grows goes on showing what it showed, until the outgrown memory is freed")
    func outgrown() throws {
        let outgrown = OutgrownMemory()
        let writer = MessageWriter(outgrown: outgrown)
        writer.begin(id: 0x1234, flags: .init(rawValue: 0))
        writer.finish()
        let before = writer.bytes
        for _ in 0..<600 { writer.append(UInt8(7)) }
        // Who asks for as much memory as was given back is given just that.
        let others = (0..<64).map { _ in [UInt8](repeating: 0xEE, count: 480) }
        #expect(before.copy() == [0x12, 0x34] + [UInt8](repeating: 0, count: 10))
        #expect(others.count == 64 && outgrown.count == 1 && writer.count == 612)
        outgrown.free()
        #expect(outgrown.count == 0)
    }

    @Test("RFC 1035 §4.1.4: suffixes that stand in the message become pointers, in their own case (RFC 4343 §4.2)")
    func compression() throws {
        begin("www.example.org.")
        Record(name("WWW.example.org."), .CNAME, ttl: 5, .cname(name("a.EXAMPLE.org."))).encode(into: writer)
        Record(name("a.example.org."), .MX, ttl: 5, .mx(MXData(preference: 1, exchange: name("mail.a.example.org."))))
            .encode(into: writer)
        let octets = finished()
        let expected = wire(
            """
            0001 8000 0001 0002 0000 0000
            03 'www' 07 'example' 03 'org' 00 0001 0001             ; 12; example at 16
            03 'WWW' C010 0005 0001 00000005 000C 01 'a' 07 'EXAMPLE' C018
            01 'a' C010 000F 0001 00000005 0009 0001 04 'mail' C03D
            """)
        #expect(octets == expected)
        #expect(
            try decode(octets).answers.map(\.text) == [
                "WWW.example.org. 5 IN CNAME a.EXAMPLE.org.", "a.example.org. 5 IN MX 1 mail.a.example.org.",
            ])
    }

    @Test("RFC 3597 §4: names of newer types are not compressed, but may be pointed to")
    func notCompressed() throws {
        begin("example.org.")
        let target = name("srv.example.org.")
        Record(name("example.org."), .SRV, ttl: 5, .srv(SRVData(priority: 1, weight: 2, port: 3, target: target)))
            .encode(into: writer)
        let before = writer.count
        Record(target, .A, ttl: 5, .a(IPAddress(v4: 1))).encode(into: writer)
        let octets = finished()
        #expect(octets[..<before].suffix(target.wire.count) == target.wire[...])
        #expect(octets.count - before == 2 + 10 + 4)
        #expect(try decode(octets).answers.last?.owner == target)
    }

    @Test("names behind octet 16,384 are written whole, as no pointer reaches them")
    func pointerRange() throws {
        begin()
        let filler = [UInt8](repeating: 7, count: 16_384)
        writer.appendRecord(ownerAt: 12, type: .NULL, ttl: 0, data: filler.span)
        for _ in 0..<2 { Record(name("far.away."), .A, ttl: 0, .a(IPAddress(v4: 1))).encode(into: writer) }
        let message = try decode(finished())
        #expect(message.answers.suffix(2).map(\.owner) == [name("far.away."), name("far.away.")])
        #expect(writer.count == 16_384 + 12 + 33 + 2 * (10 + 14))
    }

    @Test("records are counted in their sections")
    func sections() throws {
        begin()
        let data: [UInt8] = [192, 0, 2, 1]
        for (section, count) in [(Section.answer, 3), (.authority, 2), (.additional, 1)] {
            writer.section = section
            for _ in 0..<count { writer.appendRecord(ownerAt: 12, type: .A, ttl: 60, data: data.span) }
        }
        let message = try decode(finished())
        #expect(message.answers.count == 3 && message.authorities.count == 2 && message.additionals.count == 1)
        #expect(message.answers[0].text == "www.example.org. 60 IN A 192.0.2.1")
    }

    @Test("a writer starts anew with each message, whatever the one before was")
    func reuse() throws {
        for round in 0..<3 {
            begin("round\(round).test.")
            Record(name("x.round\(round).test."), .A, ttl: 1, .a(IPAddress(v4: 1))).encode(into: writer)
            if round == 1 {
                writer.appendRecord(ownerAt: 12, type: .NULL, ttl: 0, data: [UInt8](repeating: 0, count: 65_500).span)
            }
            let message = try decode(finished())
            #expect(message.answers.first?.owner == name("x.round\(round).test."))
            #expect(message.flags.isTruncated == (round == 1))
        }
    }

    @Test("a record that would pass 65,535 octets is left out whole and TC is set", arguments: [0, 1, 2, 15, 16, 17])
    func overflow(_ spare: Int) throws {
        begin()
        let head = writer.count + 12
        writer.appendRecord(
            ownerAt: 12, type: .NULL, ttl: 0, data: [UInt8](repeating: 1, count: 65_535 - head - spare).span)
        #expect(writer.count == 65_535 - spare)
        writer.appendRecord(ownerAt: 12, type: .A, ttl: 0, data: [1, 2, 3, 4].span)
        let fits = spare >= 16
        #expect(writer.header.flags.isTruncated == !fits)
        let octets = finished()
        #expect(octets.count == 65_535 - spare + (fits ? 16 : 0))
        #expect(try decode(octets).answers.count == (fits ? 2 : 1))
    }

    @Test("a record written in parts is taken back when any part does not fit", arguments: [0, 1, 5, 12, 13, 20, 40])
    func overflowInParts(_ spare: Int) throws {
        begin()
        let head = writer.count + 12
        writer.appendRecord(
            ownerAt: 12, type: .NULL, ttl: 0, data: [UInt8](repeating: 1, count: 65_535 - head - spare).span)
        let before = writer.count
        Record(
            name("other.test."), .SOA, ttl: 1,
            .soa(
                SOAData(
                    primary: name("p.test."), mailbox: name("m.test."), serial: 1, refresh: 1, retry: 1, expire: 1,
                    minimum: 1))
        )
        .encode(into: writer)
        #expect(writer.count == before)
        // What comes later is left out too, even if it would fit: the order of records is kept.
        Record(.root, .A, ttl: 1, .a(IPAddress(v4: 1))).encode(into: writer)
        #expect(writer.count == before)
        let message = try decode(finished())
        #expect(message.flags.isTruncated && message.answers.count == 1)
    }

    @Test("data of more than 65,535 octets is refused")
    func dataTooLong() throws {
        begin()
        writer.appendRecord(ownerAt: 12, type: .NULL, ttl: 0, data: [UInt8](repeating: 0, count: 70_000).span)
        let message = try decode(finished())
        #expect(message.answers.isEmpty && message.flags.isTruncated)
    }

    @Test("the buffer grows and keeps what it has")
    func growth() throws {
        begin()
        for number in 0..<2_000 {
            Record(name("h\(number).example.org."), .A, ttl: 1, .a(IPAddress(v4: UInt32(number)))).encode(into: writer)
        }
        let message = try decode(finished())
        #expect(message.answers.map(\.data) == (0..<2_000).map { .a(IPAddress(v4: $0)) })
        #expect(message.answers.map(\.owner.text) == (0..<2_000).map { "h\($0).example.org." })
    }

    @Test("a question whose name points into the header is copied and compresses nothing wrongly")
    func pointerInQuestion() throws {
        // Octet 4 of the header is 0: the root.
        let question = wire("0001 0100 0001 0000 0000 0000 01 'a' C004 0001 0001")
        writer.begin(id: 1, flags: .init(rawValue: 0))
        writer.copyQuestion(question.span, 12..<question.count)
        Record(name("b.a."), .A, ttl: 1, .a(IPAddress(v4: 1))).encode(into: writer)
        #expect(try decode(finished()).answers.first?.owner == name("b.a."))
    }

    @Test("a message is taken over as it is")
    func copying() throws {
        var messages = RandomMessages(seed: 11)
        for _ in 0..<50 {
            let octets = messages.message().encoded()
            try writer.copyMessage(octets.span)
            #expect(finished() == octets)
        }
        #expect(throws: WireError.truncated) { try writer.copyMessage([UInt8](repeating: 0, count: 11).span) }
        #expect(throws: WireError.messageTooLong) { try writer.copyMessage([UInt8](repeating: 0, count: 65_536).span) }
    }

    @Test("octets can be cut and taken out")
    func cutting() throws {
        begin()
        let data: [UInt8] = [1, 2, 3, 4]
        let ends = (0..<3).map { _ in
            writer.appendRecord(ownerAt: 12, type: .A, ttl: 1, data: data.span)
            return writer.count
        }
        writer.remove(ends[0]..<ends[1])
        writer.header.answerCount = 2
        #expect(try decode(finished()).answers.count == 2)
        writer.cut(at: ends[0], answers: 1, authorities: 0, additionals: 0)
        #expect(try decode(finished()).answers.count == 1)
        #expect(!writer.header.flags.isTruncated)
    }

    @Test("random names written with and without compression are read back")
    func randomNames() throws {
        var messages = RandomMessages(seed: 5)
        for round in 0..<60 {
            let names = (0..<80).map { _ in messages.name() }
            begin(names[0].text)
            for (index, name) in names.enumerated() {
                let open = writer.beginRecord(owner: name.wire.span, type: .NS, ttl: UInt32(index))
                let target = names[names.count - 1 - index]
                writer.append(name: target.wire.span, compressing: (index + round) % 3 != 0)
                writer.endRecord(open)
            }
            let message = try decode(finished())
            #expect(message.answers.map(\.owner) == names)
            #expect(message.answers.map(\.data) == names.reversed().map { .ns($0) })
        }
    }

    @Test("many different suffixes fill the table of places; names stay right")
    func fullTable() throws {
        begin()
        let names = (0..<1_500).map { name("a\($0).b\($0).c\($0 % 7).test.") }
        for name in names { Record(name, .A, ttl: 0, .a(IPAddress(v4: 0))).encode(into: writer) }
        #expect(try decode(finished()).answers.map(\.owner) == names)
    }
}
