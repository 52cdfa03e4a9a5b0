import DNSWire
import Testing

@Suite("Walking over records")
struct RecordWalkTests {
    private static let message = wire(
        """
        0001 8400 0001 0002 0001 0001
        01 'a' 00 0001 0001                         ; question
        C00C 0001 0001 0000001E 0004 C0000201       ; answer
        C00C 0001 0001 0000001E 0004 C0000202       ; answer
        00 0002 0001 00000E10 0003 01 'n' 00        ; authority
        01 'b' C00C 001C 0001 00000005 0010 20010DB8000000000000000000000001
        """)

    /// Section and type of each record, and what ended the walk.
    private func walk(_ octets: [UInt8]) -> (records: [(Section, RecordView)], error: WireError?) {
        var records: [(Section, RecordView)] = []
        do throws(WireError) {
            var walk = try RecordWalk(octets.span)
            while let (section, record) = try walk.next() { records.append((section, record)) }
            return (records, nil)
        } catch {
            return (records, error)
        }
    }

    @Test("RFC 1035 §4.1: records come in the order and number that the header says")
    func whole() {
        let (records, error) = walk(Self.message)
        #expect(error == nil)
        #expect(records.map(\.0) == [.answer, .answer, .authority, .additional])
        #expect(records.map(\.1.type) == [.A, .A, .NS, .AAAA])
        #expect(records.map(\.1.ttl) == [30, 30, 3600, 5])
        #expect(records.map(\.1.dataLength) == [4, 4, 3, 16])
        #expect(records.last?.1.end == Self.message.count)
        #expect(records.first.map { Self.message[$0.1.ttlOffset + 3] } == 30)
    }

    @Test("a message that is cut anywhere ends in an error, never behind its end")
    func cut() {
        for count in 0..<Self.message.count {
            let (records, error) = walk(Array(Self.message.prefix(count)))
            #expect(error == .truncated, "\(count) octets")
            #expect(records.allSatisfy { $0.1.end <= count })
        }
    }

    @Test("counts beyond the records that are there end in an error", arguments: [4, 6, 8, 10])
    func counts(_ place: Int) {
        var octets = Self.message
        octets[place] = 0xFF
        octets[place + 1] = 0xFF
        #expect(walk(octets).error != nil)
    }

    @Test("any single damaged octet leaves the walk inside the message")
    func damage() {
        for place in 0..<Self.message.count {
            for value: UInt8 in [0, 1, 0x3F, 0x40, 0x80, 0xC0, 0xFF] {
                var octets = Self.message
                octets[place] = value
                #expect(walk(octets).records.allSatisfy { $0.1.end <= octets.count })
            }
        }
    }

    @Test("random octets leave the walk inside the message")
    func noise() {
        var random = SeededGenerator(3)
        for _ in 0..<3_000 {
            let octets = random.octets(0...120)
            #expect(walk(octets).records.allSatisfy { $0.1.end <= octets.count })
            _ = decodingError(octets)
        }
    }
}
