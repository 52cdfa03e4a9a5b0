import DNSWire
import Testing

@Suite("Names")
struct NameTests {
    @Test(
        "RFC 1035 §5.1: the text form is read and printed",
        arguments: [
            (".", "."), ("", "."), ("example.org", "example.org."), ("Example.ORG.", "Example.ORG."),
            (#"a\.b.c."#, #"a\.b.c."#), (#"a\032b."#, #"a\032b."#), (#"\097."#, "a."), (#"\\."#, #"\\."#),
            (#"x\"y."#, #"x\"y."#), (#"\000\255."#, #"\000\255."#), ("_dns._udp.x.", "_dns._udp.x."), ("*.x.", "*.x."),
        ])
    func text(_ input: String, _ printed: String) throws {
        #expect(try Name(parsing: input).text == printed)
    }

    @Test(
        "text that is no name says why",
        arguments: [
            ("a..b", NameTextError.emptyLabel), (".a", .emptyLabel), ("..", .emptyLabel), (#"a\"#, .badEscape),
            (#"a\25"#, .badEscape), (#"a\256."#, .badEscape), (#"\1x2"#, .badEscape),
            (String(repeating: "a", count: 64), .labelTooLong),
        ])
    func badText(_ input: String, _ expected: NameTextError) {
        #expect(throws: expected) { try Name(parsing: input) }
    }

    @Test("RFC 1035 §3.1: a label has at most 63 octets and a name at most 255")
    func limits() throws {
        let label = String(repeating: "a", count: 63)
        let longest = [label, label, label, String(repeating: "b", count: 61)].joined(separator: ".")
        #expect(try Name(parsing: longest).wire.count == 255)
        #expect(throws: NameTextError.nameTooLong) { try Name(parsing: longest + "b") }
        #expect(throws: NameTextError.nameTooLong) { try Name(parsing: longest + ".b") }
    }

    @Test("every octet survives printing and parsing")
    func escapes() throws {
        for octet in UInt8.min ... .max {
            let name = Name(uncheckedWire: [3, octet, octet, 0x61, 1, octet, 0])
            #expect(try Name(parsing: name.text).wire == name.wire, "octet \(octet)")
        }
    }

    @Test("RFC 4343 §3: only A to Z have two cases, eight octets at a time as one at a time")
    func lowerCase() {
        for octet in UInt8.min ... .max {
            let expected = (0x41...0x5A).contains(octet) ? octet + 32 : octet
            #expect(lowercased(octet) == expected)
            for place in 0..<8 {
                for others in [UInt64(0), 0xFFFF_FFFF_FFFF_FFFF, 0x4040_4040_4040_4040, 0x5B5B_5B5B_5B5B_5B5B] {
                    let shift = UInt64(place * 8)
                    let rest = others & ~(0xFF << shift)
                    #expect(lowercased(word: rest | UInt64(octet) << shift) == rest | UInt64(expected) << shift)
                }
            }
        }
    }

    @Test("names that differ in case only are equal and hash alike, wherever they stand")
    func hashing() {
        var messages = RandomMessages(seed: 1)
        for _ in 0..<500 {
            let name = messages.name()
            let upper = name.wire.map { (0x61...0x7A).contains($0) ? $0 - 32 : $0 }
            // A length octet is below 64 and so never a letter.
            #expect(Name(uncheckedWire: upper) == name)
            for shift in 0..<9 {
                let moved = [UInt8](repeating: 0xAA, count: shift) + upper + [0xBB]
                let hash = NameHash.hash(moved.span, in: shift..<(shift + upper.count))
                #expect(hash == NameHash.hash(name.wire.span))
            }
        }
    }

    @Test("names of different octets differ, and so do their hashes")
    func difference() {
        var hashes: Set<UInt64> = []
        var names: Set<Name> = []
        for first in UInt8.min ... .max {
            for length in 1...20 {
                let name = Name(uncheckedWire: [UInt8(length)] + [UInt8](repeating: first, count: length) + [0])
                names.insert(name)
                hashes.insert(NameHash.hash(name.wire.span))
            }
        }
        #expect(names.count == (256 - 26) * 20)
        #expect(hashes.count == names.count)
    }

    @Test(
        "a name is at or below its own suffixes at label borders only",
        arguments: [
            ("a.b.c.", "B.C.", true), ("a.b.c.", "a.b.c.", true), ("a.b.c.", ".", true), ("xb.c.", "b.c.", false),
            ("b.c.", "a.b.c.", false), ("a.b.c.", "b.d.", false), (".", ".", true), (#"a\001b.c."#, "b.c.", false),
        ])
    func zones(_ child: String, _ zone: String, _ expected: Bool) {
        #expect(name(child).isAtOrBelow(name(zone)) == expected)
    }

    @Test("parts of a name")
    func parts() {
        let sample = name("Www.Example.org.")
        #expect(sample.labelCount == 3)
        #expect(sample.labels.map { String(decoding: $0, as: UTF8.self) } == ["Www", "Example", "org"])
        #expect(sample.parent?.text == "Example.org.")
        #expect(sample.lowercased.text == "www.example.org.")
        #expect(Name.root.parent == nil)
        #expect(Name.root.isRoot && Name.root.labels.isEmpty)
        #expect(name("a.").appending(name("b.c."))?.text == "a.b.c.")
        let long = name([String](repeating: "abcdefg", count: 16).joined(separator: "."))
        #expect(long.wire.count == 129)
        #expect(long.appending(long) == nil)
    }
}
