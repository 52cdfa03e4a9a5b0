import DNSWire
import Testing

@Suite("Names in messages")
struct NameDecodingTests {
    /// The example of RFC 1035 §4.1.4, with its offsets.
    private let example =
        [UInt8](repeating: 0, count: 20)
        + wire(
            """
            01 'F' 03 'ISI' 04 'ARPA' 00    ; 20
            03 'FOO' C0 14                  ; 32
            C0 1A                           ; 38: ARPA
            00                              ; 40: the root
            """)

    @Test(
        "RFC 1035 §4.1.4: a name ends in labels, in labels and a pointer, or in a pointer",
        arguments: [
            (20, "F.ISI.ARPA."), (32, "FOO.F.ISI.ARPA."), (38, "ARPA."), (40, "."), (22, "ISI.ARPA."),
        ])
    func compressed(_ offset: Int, _ expected: String) throws {
        #expect(try decodedName(example, at: offset).text == expected)
    }

    @Test(
        "reading goes on behind the name as it stands, not behind what it points to",
        arguments: [
            (20, 32), (32, 38), (38, 40), (40, 41),
        ])
    func end(_ offset: Int, _ expected: Int) throws {
        var storage = [UInt8](repeating: 0, count: 256)
        var output = storage.mutableSpan
        let decoded = try decodeName(in: example.span, at: offset, into: &output)
        #expect(decoded.end == expected)
        #expect(try skippedName(example, at: offset) == expected)
    }

    @Test(
        "a pointer leads to an earlier place",
        arguments: [
            ("to itself", "C0 00", 0), ("forward", "C0 02 00", 0), ("two in a circle", "C0 02 C0 00", 2),
            ("into the label before it", "01 'a' C0 00", 0), ("a circle through a label", "01 'a' C0 00 C0 00", 4),
        ])
    func badPointers(_ what: String, _ listing: String, _ offset: Int) {
        #expect(throws: WireError.badPointer) { try decodedName(wire(listing), at: offset) }
    }

    @Test("a name is followed through at most 127 pointers")
    func chain() throws {
        // Place 0 is the root; each pair behind it points to the pair before.
        var octets: [UInt8] = [0]
        var target = 0
        for _ in 0..<200 {
            let place = octets.count
            octets += [0xC0 | UInt8(target >> 8), UInt8(target & 0xFF)]
            target = place
        }
        #expect(try decodedName(octets, at: 1 + 2 * 126) == .root)
        #expect(throws: WireError.badPointer) { try decodedName(octets, at: 1 + 2 * 127) }
    }

    @Test("a name of 127 labels, each reached by a pointer of its own, is whole")
    func longestChain() throws {
        var octets: [UInt8] = [1, 0x61, 0]
        var target = 0
        for _ in 1..<127 {
            let place = octets.count
            octets += [1, 0x61, 0xC0 | UInt8(target >> 8), UInt8(target & 0xFF)]
            target = place
        }
        #expect(try decodedName(octets, at: target).labelCount == 127)
        #expect(throws: WireError.nameTooLong) {
            try decodedName(octets + [1, 0x61, 0xC0 | UInt8(target >> 8), UInt8(target & 0xFF)], at: octets.count)
        }
    }

    @Test("RFC 6891 §5: label types 01 and 10 are not known", arguments: [0x40, 0x41, 0x7F, 0x80, 0xBF] as [UInt8])
    func labelTypes(_ octet: UInt8) {
        let octets = [octet] + [UInt8](repeating: 0, count: 200)
        #expect(throws: WireError.badLabelType) { try decodedName(octets) }
        #expect(throws: WireError.badLabelType) { try skippedName(octets, at: 0) }
    }

    @Test("a name that the message cuts off is not read past the end", arguments: 0..<12)
    func truncated(_ count: Int) {
        let octets = Array(wire("03 'www' 06 'exampl' 00").prefix(count))
        #expect(throws: WireError.truncated) { try decodedName(octets) }
        #expect(throws: WireError.truncated) { try skippedName(octets, at: 0) }
        #expect(throws: WireError.truncated) { try decodedName([0xC0]) }
        #expect(throws: WireError.truncated) { try decodedName(octets, at: 500) }
    }

    @Test("RFC 1035 §3.1: 255 octets are a name, 256 are not, with or without a pointer")
    func tooLong() throws {
        func labels(_ octets: Int) -> [UInt8] {
            var rest = octets
            var labels: [UInt8] = []
            while rest > 0 {
                let length = min(63, rest - 1)
                labels += [UInt8(length)] + [UInt8](repeating: 0x61, count: length)
                rest -= length + 1
            }
            return labels
        }
        #expect(try decodedName(labels(254) + [0]).wire.count == 255)
        #expect(throws: WireError.nameTooLong) { try decodedName(labels(256) + [0]) }
        #expect(throws: WireError.nameTooLong) { try skippedName((labels(256) + [0]), at: 0) }
        let tail = labels(200) + [0]
        #expect(try decodedName(tail + labels(54) + [0xC0, 0], at: tail.count).wire.count == 255)
        #expect(throws: WireError.nameTooLong) { try decodedName(tail + labels(56) + [0xC0, 0], at: tail.count) }
    }

    @Test("the case of a name is kept")
    func keepsCase() throws {
        #expect(try decodedName(wire("03 'wWw' 00")).wire == wire("03 'wWw' 00"))
    }
}
