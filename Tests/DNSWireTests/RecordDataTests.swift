import DNSWire
import Testing

/// One record's data: where it comes from, its octets and its presentation form.
struct DataVector: CustomTestStringConvertible, Sendable {
    let source: String
    let type: RecordType
    let listing: String
    let text: String

    init(_ source: String, _ type: RecordType, _ listing: String, _ text: String) {
        self.source = source
        self.type = type
        self.listing = listing
        self.text = text
    }

    var testDescription: String { "\(source): \(type) \(text)" }
}

@Suite("Record data")
struct RecordDataTests {
    static let vectors: [DataVector] = [
        DataVector("RFC 1035 §3.4.1", .A, "C0 00 02 01", "192.0.2.1"),
        DataVector("RFC 3596 §2.2", .AAAA, "20010DB8 00000000 00000000 00000001", "2001:db8::1"),
        DataVector("RFC 1035 §3.3.1", .CNAME, "01 'a' 00", "a."),
        DataVector("RFC 1035 §3.3.11", .NS, "02 'ns' 04 'test' 00", "ns.test."),
        DataVector("RFC 1035 §3.3.12", .PTR, "00", "."),
        DataVector("RFC 6672 §2.1", .DNAME, "01 'd' 00", "d."),
        DataVector(
            "RFC 1035 §3.3.13", .SOA, "02 'ns' 00 04 'host' 00 00000001 00000E10 00000258 00093A80 0000001E",
            "ns. host. 1 3600 600 604800 30"),
        DataVector("RFC 1035 §3.3.9", .MX, "000A 02 'mx' 00", "10 mx."),
        DataVector("RFC 1035 §3.3.14", .TXT, "05 'hello' 00 04 22 5C 09 FF", #""hello" "" "\"\\\009\255""#),
        DataVector("RFC 1035 §3.3.2", .HINFO, "03 'ANY' 00", #""ANY" """#),
        DataVector("RFC 2782", .SRV, "0001 0002 0035 03 'ns1' 00", "1 2 53 ns1."),
        DataVector("RFC 8659 §4.1", .CAA, "00 05 'issue' 'ca.test'", #"0 issue "ca.test""#),
        DataVector("RFC 8659 §4.1", .CAA, "80 03 'tbs'", #"128 tbs """#),
        DataVector(
            "RFC 3403 §4.1", .NAPTR, "0064 000A 01 'u' 07 'E2U+sip' 04 '!.!\\' 00", #"100 10 "u" "E2U+sip" "!.!\\" ."#),
        DataVector(
            "RFC 4034 §5.4", .DS, "EC45 05 01 2BB183AF5F22588179A53B0A98631FAD1A292118",
            "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118"),
        DataVector("RFC 8078 §4", .CDS, "0000 00 00 00", "0 0 0 00"),
        DataVector("RFC 4034 §2.2", .DNSKEY, "0100 03 05 01 02 03 04", "256 3 5 AQIDBA=="),
        DataVector("RFC 8078 §4", .CDNSKEY, "0000 03 00 00", "0 3 0 AA=="),
        // 20030322173103 and 20030220173103 of the RFC's example.
        DataVector(
            "RFC 4034 §3.3", .RRSIG, "0001 05 03 00015180 3E7C9DD7 3E5510D7 0A52 07 'example' 03 'com' 00 A0A1A2",
            "A 5 3 86400 20030322173103 20030220173103 2642 example.com. oKGi"),
        DataVector(
            "leap day", .RRSIG, "0006 0D 00 00000000 65E11A7F 00000000 0000 00 FF",
            "SOA 13 0 0 20240229235959 19700101000000 0 . /w=="),
        DataVector(
            "RFC 4034 §4.3", .NSEC,
            """
            04 'host' 07 'example' 03 'com' 00
            00 06 40 01 00 00 00 03                                     ; A MX RRSIG NSEC
            04 1B 00000000000000 00000000000000 00000000000000 0000000000 20 ; TYPE1234
            """, "host.example.com. A MX RRSIG NSEC TYPE1234"),
        DataVector("RFC 9460 §D.1", .HTTPS, "0000 03 'foo' 07 'example' 03 'com' 00", "0 foo.example.com."),
        DataVector("RFC 9460 §D.2", .SVCB, "0001 00", "1 ."),
        DataVector("RFC 9460 §D.2", .SVCB, "0010 03 'foo' 00 0003 0002 0035", "16 foo. port=53"),
        DataVector(
            "RFC 9460 §D.2", .SVCB, "0001 03 'foo' 00 029B 0009 'hello' D2 'qoo'", #"1 foo. key667="hello\210qoo""#),
        DataVector(
            "RFC 9460 §D.2", .SVCB,
            """
            0001 03 'foo' 00
            0006 0020 20010DB8 00000000 00000000 00000001 20010DB8 00000000 00000000 00530001
            """, "1 foo. ipv6hint=2001:db8::1,2001:db8::53:1"),
        DataVector(
            "RFC 9460 §D.2", .SVCB,
            """
            0010 03 'foo' 00
            0000 0004 0001 0004                 ; mandatory
            0001 0009 02 'h2' 05 'h3-19'        ; alpn
            0004 0004 C0000201                  ; ipv4hint
            """, #"16 foo. mandatory=alpn,ipv4hint alpn="h2,h3-19" ipv4hint=192.0.2.1"#),
        DataVector(
            "RFC 9460 §D.2", .SVCB, "0010 00 0001 000C 08 'f' 5C 'oo,bar' 02 'h2'", #"16 . alpn="f\\\\oo\\,bar,h2""#),
        DataVector("RFC 9460 §7.1.1", .HTTPS, "0001 00 0001 0003 02 'h2' 0002 0000", #"1 . alpn="h2" no-default-alpn"#),
        DataVector("RFC 9460 §9", .HTTPS, "0001 00 0005 0003 010203", "1 . ech=AQID"),
        DataVector(
            "a malformed value", .HTTPS, "0001 00 0003 0001 50 0004 0003 010203",
            #"1 . port="P" ipv4hint="\001\002\003""#),
        DataVector("RFC 1035 §3.3.7", .MINFO, "01 'a' 00 01 'b' 00", "a. b."),
        DataVector("RFC 1183 §1", .AFSDB, "0001 01 'a' 00", "1 a."),
        DataVector("RFC 3597 §5", RecordType(rawValue: 65_280), "0A00BC", ##"\# 3 0a00bc"##),
        DataVector("RFC 3597 §5", .NULL, "", ##"\# 0"##),
    ]

    @Test("data is decoded, printed, and encoded to the same octets", arguments: vectors)
    func vector(_ vector: DataVector) throws {
        let octets = wire(vector.listing)
        let data = try decodedData(octets, vector.type)
        #expect(data.text == vector.text)
        #expect(encodedData(data) == octets)
    }

    @Test("data that is cut off or too long is refused, for all types of fixed form", arguments: vectors)
    func damaged(_ vector: DataVector) {
        let octets = wire(vector.listing)
        let open: Set<RecordType> = [
            .CAA, .DS, .CDS, .DNSKEY, .CDNSKEY, .RRSIG, .NSEC, .SVCB, .HTTPS, .NULL, .TXT, RecordType(rawValue: 65_280),
        ]
        guard !open.contains(vector.type) else {
            // What ends in octets of any number is at least never read out of bounds.
            for count in 0..<octets.count { _ = try? decodedData(Array(octets.prefix(count)), vector.type) }
            return
        }
        for count in 0..<octets.count {
            #expect(throws: WireError.self) { try decodedData(Array(octets.prefix(count)), vector.type) }
        }
        #expect(throws: WireError.badRecordData) { try decodedData(octets + [0], vector.type) }
    }

    @Test(
        "data without the form of its type is refused",
        arguments: [
            (.TXT, ""), (.TXT, "05 'abcd'"), (.CAA, "00 00"), (.CAA, "00 02 'a'"), (.NSEC, "00 00 00"),
            (.NSEC, "00 00 21 00"),
            (.NSEC, "00 01 01 40 00 01 40"), (.NSEC, "00 00 01 40 00 01 40"),
            (.SVCB, "0001 00 0003 0002 0035 0001 0000"),
            (.SVCB, "0001 00 0003 0002 0035 0003 0002 0035"), (.SVCB, "0001 00 0003 0003 0035"), (.A, ""),
            (.AAAA, "C0000201"),
        ] as [(RecordType, String)])
    func malformed(_ type: RecordType, _ listing: String) {
        #expect(throws: WireError.badRecordData) { try decodedData(wire(listing), type) }
    }

    @Test(
        "RFC 3597 §4: names in data are decompressed for the types that old servers compress",
        arguments: [
            (.CNAME, "C000", "zone.test."), (.MX, "0001 C000", "1 zone.test."),
            (.SRV, "0001 0002 0003 C005", "1 2 3 test."),
            (.DNAME, "C000", "zone.test."), (.RP, "C000 C005", "zone.test. test."),
            (.AFSDB, "0001 C000", "1 zone.test."),
            (.MINFO, "01 'a' C000 C000", "a.zone.test. zone.test."),
            (.NAPTR, "0001 0002 00 00 00 C005", #"1 2 "" "" "" test."#),
        ] as [(RecordType, String, String)])
    func decompression(_ type: RecordType, _ listing: String, _ text: String) throws {
        let base = wire("04 'zone' 04 'test' 00")
        let octets = base + wire(listing)
        let data = try RecordData(
            decoding: octets.span, type: type, at: base.count, length: octets.count - base.count)
        #expect(data.text == text)
        #expect(try decodedData(encodedData(data), type) == data)
    }

    @Test("RFC 2136 §2.4: records of updates have empty data, and A in other classes is left alone")
    func classes() throws {
        #expect(try decodedData([], .A, .ANY) == .unknown([]))
        #expect(try decodedData([], .SOA, .NONE) == .unknown([]))
        #expect(throws: WireError.badRecordData) { try decodedData([], .A, .IN) }
        #expect(try decodedData([0, 1, 2], .A, .CH) == .unknown([0, 1, 2]))
        #expect(try decodedData([192, 0, 2, 1], .A, .NONE).text == "192.0.2.1")
    }

    @Test("a long text becomes strings of 255 octets")
    func splitting() {
        #expect(TXTData(splitting: "").strings == [[]])
        #expect(TXTData(splitting: String(repeating: "x", count: 600)).strings.map(\.count) == [255, 255, 90])
        #expect(encodedData(.txt(TXTData(strings: [[UInt8](repeating: 1, count: 300)]))).count == 256)
    }
}
