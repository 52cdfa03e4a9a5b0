import Testing

@testable import LDNS

@Suite struct ZoneFileTests {
    private func texts(_ zone: String, origin: String = "example.org.", ttl: UInt32? = nil) throws -> [String] {
        try ZoneFile.records(fromText: Array(zone.utf8), origin: origin, defaultTTL: ttl).map(\.text)
    }

    @Test("RFC 1035 §5.3: the example zone, with its shorthands")
    func example() throws {
        let zone = """
            @   IN  SOA     VENERA      Action\\.domains (
                                             20     ; SERIAL
                                             7200   ; REFRESH
                                             600    ; RETRY
                                             3600000; EXPIRE
                                             60)    ; MINIMUM

                    NS      A.ISI.EDU.
                    MX      10      VENERA
            A       A       26.3.0.103
                    A       26.3.0.104
            """
        let records = try ZoneFile.records(fromText: Array(zone.utf8), origin: "ISI.EDU", defaultTTL: 60)
        #expect(
            records.map(\.text) == [
                "ISI.EDU. 60 IN SOA VENERA.ISI.EDU. Action\\.domains.ISI.EDU. 20 7200 600 3600000 60",
                "ISI.EDU. 60 IN NS A.ISI.EDU.", "ISI.EDU. 60 IN MX 10 VENERA.ISI.EDU.", "A.ISI.EDU. 60 IN A 26.3.0.103",
                "A.ISI.EDU. 60 IN A 26.3.0.104",
            ])
        #expect(records.map(\.line) == [1, 8, 9, 10, 11])
    }

    @Test("RFC 2308 §4: $TTL holds from its line on and goes before the TTL of the record before")
    func ttl() throws {
        let zone =
            "a 5 A 192.0.2.1\nb A 192.0.2.1\n$TTL 1h ; from here\nc A 192.0.2.1\nd 7 A 192.0.2.1\ne A 192.0.2.1\n"
        #expect(
            try texts(zone).map { $0.split(separator: " ")[1] } == ["5", "5", "3600", "7", "3600"])
    }

    @Test("without any TTL the SOA record takes its MINIMUM, and the next records do not")
    func soaMinimum() throws {
        #expect(
            try texts("@ SOA a b 1 2 3 4 300") == ["example.org. 300 IN SOA a.example.org. b.example.org. 1 2 3 4 300"])
        let error = try #require(throws: LDNSError.self) { try texts("@ SOA a b 1 2 3 4 300\nx A 192.0.2.1") }
        #expect(error.description == "2:3: no TTL")
    }

    @Test("$ORIGIN may be relative and changes owners and data")
    func origin() throws {
        let zone = "$ORIGIN sub\na 1 CNAME b\n$ORIGIN .\nc 1 CNAME d\n$origin e.\n@ 1 NS @"
        #expect(
            try texts(zone) == [
                "a.sub.example.org. 1 IN CNAME b.sub.example.org.", "c. 1 IN CNAME d.", "e. 1 IN NS e.",
            ])
    }

    static let wrong: [(String, String)] = [
        ("a 1 A 192.0.2.1\nb 1 A x", "db:2:7: "),
        ("$GENERATE 1-2 a A 192.0.2.1", "db:1:1: unknown directive $GENERATE"),
        ("\n$TTL x", "db:2:6: not a TTL: \"x\""), ("$TTL", "db:1:1: $TTL takes one argument"),
        ("$ORIGIN a b", "db:1:11: $ORIGIN takes one argument"), ("$ORIGIN a..", "db:1:9: "),
        ("$INCLUDE x", "db:1:1: $INCLUDE is not allowed here"), ("a 1 TXT (\n\"x\n)", "db:2:1: unbalanced \""),
    ]

    @Test("the first mistake is reported with file, line and column", arguments: wrong)
    func mistakes(_ zone: String, _ prefix: String) throws {
        let error = try #require(throws: LDNSError.self) {
            try ZoneFile.records(fromText: Array(zone.utf8), origin: ".", file: "db")
        }
        #expect(error.description.hasPrefix(prefix), "\(error)")
    }

    @Test("RFC 1035 §5.1: an included file has an origin of its own, and the outer one comes back")
    func include() throws {
        let files = ["sub": "a 1 A 192.0.2.1\n$ORIGIN elsewhere.\nb 1 A 192.0.2.1"]
        let zone = "$INCLUDE sub deeper\nc 1 A 192.0.2.1\n$INCLUDE \"sub\""
        let records = try ZoneFile.records(fromText: Array(zone.utf8), origin: "z.") { path throws(LDNSError) in
            Array((files[path] ?? "").utf8)
        }
        #expect(records.map(\.ownerText) == ["a.deeper.z.", "b.elsewhere.", "c.z.", "a.z.", "b.elsewhere."])
    }

    @Test("a mistake in an included file names that file")
    func includeMistake() throws {
        let error = try #require(throws: LDNSError.self) {
            try ZoneFile.records(fromText: Array("$INCLUDE sub".utf8), origin: ".", file: "db") { _ throws(LDNSError) in
                Array("\n\n x".utf8)
            }
        }
        #expect(error.description.hasPrefix("sub:3:2: "))
    }

    @Test("a file that includes itself ends in an error")
    func includeLoop() throws {
        let error = try #require(throws: LDNSError.self) {
            try ZoneFile.records(fromText: Array("$INCLUDE x".utf8), origin: ".") { _ throws(LDNSError) in
                Array("$INCLUDE x".utf8)
            }
        }
        #expect(error.code == .limit)
    }

    @Test("bytes that are not UTF-8 stay as they are")
    func bytes() throws {
        let zone: [UInt8] = Array("a 1 TXT \"".utf8) + [0xFF, 0xC3] + Array("\"".utf8)
        let records = try ZoneFile.records(fromText: zone, origin: ".")
        #expect(records.first?.rdata == [2, 0xFF, 0xC3])
    }

    @Test("10,000 records are read, each with its line")
    func large() throws {
        let zone = (0..<10_000).map { "h\($0) 60 A 192.0.2.\($0 % 256)\n" }.joined()
        let records = try ZoneFile.records(fromText: Array(zone.utf8), origin: "z.")
        #expect(records.count == 10_000)
        #expect(records.last?.line == 10_000)
        #expect(records.last?.ownerText == "h9999.z.")
    }
}
