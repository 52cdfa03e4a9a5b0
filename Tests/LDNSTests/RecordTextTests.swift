import Testing

@testable import LDNS

@Suite struct RecordTextTests {
    @Test("a record in its usual form")
    func usual() throws {
        let record = try LDNS.record(fromText: "example.org. 60 IN MX 10 mail.example.org.")
        #expect(record.owner == Array("\u{7}example\u{3}org\u{0}".utf8))
        #expect(record.ttl == 60)
        #expect(record.class == 1)
        #expect(record.type == 15)
        #expect(record.rdata == [0, 10] + Array("\u{4}mail\u{7}example\u{3}org\u{0}".utf8))
        #expect(record.line == 1)
        #expect(record.text == "example.org. 60 IN MX 10 mail.example.org.")
    }

    static let equal: [(String, String)] = [
        ("a. IN 60 A 192.0.2.1", "a. 60 IN A 192.0.2.1"),
        ("a. 1m A 192.0.2.1", "a. 60 IN A 192.0.2.1"),
        ("a. A 192.0.2.1", "a. 3600 IN A 192.0.2.1"),
        ("a. 0 A 192.0.2.1", "a. 0 IN A 192.0.2.1"),
        ("a. 1w2d3h4m5s A 192.0.2.1", "a. 788645 IN A 192.0.2.1"),
        ("a. 2147483647 A 192.0.2.1", "a. 2147483647 IN A 192.0.2.1"),
        ("a\t60\tin\taaaa\t2001:DB8::1 ; why not\r\n\n", "a. 60 IN AAAA 2001:db8::1"),
        ("a. 60 CH TXT \"a;b(c\" d", "a. 60 CH TXT \"a;b(c\" \"d\""),
        ("a. 60 TXT \"say \\\"hi\\\"\" \"\"", "a. 60 IN TXT \"say \\\"hi\\\"\" \"\""),
        ("a. 60 TXT \"a\"\"b\"", "a. 60 IN TXT \"a\" \"b\""),
        ("a. 60 SOA ns. m\\.x.y. (1 ; serial\n 2 3\n\n\n 4 5 )", "a. 60 IN SOA ns. m\\.x.y. 1 2 3 4 5"),
        ("_x._tcp.a. 60 SRV 1 2 3 t", "_x._tcp.a. 60 IN SRV 1 2 3 t."),
        ("a. 60 CAA 0 issue \"ca.example\"", "a. 60 IN CAA 0 issue \"ca.example\""),
        ("a. 60 TYPE65280 \\# 3 0A0b 0c", "a. 60 IN TYPE65280 \\# 3 0a0b0c"),
        ("a. 60 TYPE65280 \\# 0", "a. 60 IN TYPE65280 \\# 0"),
        ("a. 60 A \\# 4 C0000201", "a. 60 IN A 192.0.2.1"),
        ("a. 60 TYPE1 192.0.2.1", "a. 60 IN A 192.0.2.1"),
        ("a. 60 CLASS32 A 192.0.2.1", "a. 60 CLASS32 A 192.0.2.1"),
        ("\\065\\.b. 60 A 192.0.2.1", "A\\.b. 60 IN A 192.0.2.1"),
        ("(a. 60 A) 192.0.2.1", "a. 60 IN A 192.0.2.1"),
        (" 60 A 192.0.2.1", ". 60 IN A 192.0.2.1"),
        ("@ 60 NS @", ". 60 IN NS ."),
        ("*.a. 60 A 192.0.2.1", "*.a. 60 IN A 192.0.2.1"),
        ("A.eXaMpLe. 60 CNAME B.eXaMpLe.", "A.eXaMpLe. 60 IN CNAME B.eXaMpLe."),
        ("a. 60 HTTPS 1 . alpn=h2", "a. 60 IN HTTPS 1 . alpn=h2"),
        ("a. 60 NAPTR 1 2 \"u\" \"E2U+sip\" \"!^.*$!x!\" .", "a. 60 IN NAPTR 1 2 \"u\" \"E2U+sip\" \"!^.*$!x!\" ."),
        ("a. 60 IPSECKEY 10 1 2 192.0.2.1 AQID", "a. 60 IN IPSECKEY 10 1 2 192.0.2.1 AQID"),
        ("a. 60 DS 1 8 2 0102 0304", "a. 60 IN DS 1 8 2 01020304"),
    ]

    @Test("RFC 1035 §5.1, RFC 3597 §5: what may be written in another way", arguments: equal)
    func forms(_ text: String, _ expected: String) throws {
        #expect(try LDNS.record(fromText: text).text == expected)
    }

    @Test("what is printed is read back as the same record", arguments: equal)
    func roundTrip(_ text: String, _ expected: String) throws {
        var record = try LDNS.record(fromText: text)
        record.line = 1
        #expect(try LDNS.record(fromText: record.text) == record)
    }

    @Test("relative names end in the origin, in the owner and in the data")
    func origin() throws {
        let record = try LDNS.record(fromText: "www 60 MX 10 mail", origin: "example.org")
        #expect(record.text == "www.example.org. 60 IN MX 10 mail.example.org.")
        let apex = try LDNS.record(fromText: "@ 60 NS @", origin: "example.org.")
        #expect(apex.text == "example.org. 60 IN NS example.org.")
    }

    @Test("an owner that needs 255 bytes and is all escapes is read; one byte more is not")
    func longestOwner() throws {
        let label = String(repeating: "\\001", count: 63)
        let name = [label, label, label, String(repeating: "\\001", count: 61)].joined(separator: ".")
        let record = try LDNS.record(fromText: name + ". 60 A 192.0.2.1")
        #expect(record.owner.count == 255)
        #expect(record.ownerText == name + ".")
        #expect(throws: LDNSError.self) { try LDNS.record(fromText: "\\001" + name + ". 60 A 192.0.2.1") }
        #expect(throws: LDNSError.self) { try LDNS.record(fromText: "a." + name + " 60 A 192.0.2.1") }
    }

    static let wrong: [(String, LDNSError.Code, Int?, Int?)] = [
        ("", .syntax, 1, 1), ("\n ; only a comment\n", .syntax, 1, 1), ("a.", .syntax, 1, 1),
        ("a. 60", .syntax, 1, 4), ("a. 60 IN", .syntax, 1, 7), ("a. 60 IN 70 A 192.0.2.1", .syntax, 1, 10),
        ("a. 60 NOSUCH 1", .syntax, 1, 7), ("a. 60 ANY 1", .syntax, 1, 7), ("a. 60 OPT 1", .syntax, 1, 7),
        ("a. 60 TYPE0 \\# 0", .syntax, 1, 7), ("a. 60 TYPE65537 \\# 4 01020304", .syntax, 1, 7),
        ("a. 2147483648 A 192.0.2.1", .syntax, 1, 4), ("a. 99999999999999999999 A 192.0.2.1", .syntax, 1, 4),
        ("a. 60x A 192.0.2.1", .syntax, 1, 4), ("a. -1 A 192.0.2.1", .syntax, 1, 4),
        ("a. 60 A", .syntax, 1, 7), ("a. 60 A 192.0.2.256", .syntax, 1, 9), ("a. 60 A 192.0.2.1 x", .syntax, 1, 9),
        ("a. 60 AAAA ::g", .syntax, 1, 12), ("a. 60 MX 10", .syntax, 1, 10), ("a. 60 MX x m.", .syntax, 1, 10),
        ("a..b. 60 A 192.0.2.1", .syntax, 1, 1), ("a\\25. 60 A 192.0.2.1", .syntax, 1, 1),
        ("a\\999. 60 A 192.0.2.1", .syntax, 1, 1), ("\"a\" 60 A 192.0.2.1", .syntax, 1, 1),
        ("a. 60 TXT \"open", .syntax, 1, 11), ("a. 60 TXT \"open\n\"", .syntax, 1, 11),
        ("a. 60 (\n A 192.0.2.1", .syntax, 1, 7), ("a. 60 A 192.0.2.1 )", .syntax, 1, 19),
        ("a. 60\0 A 192.0.2.1", .syntax, 1, 6), ("a. 60 TXT \"\0\"", .syntax, 1, 12),
        ("a. 60 TXT a\\", .syntax, 1, 12), ("a. 60 TXT a\\\n", .syntax, 1, 12),
        ("$INCLUDE /etc/passwd", .directive, 1, 1), ("$include /etc/passwd", .directive, 1, 1),
        ("\n\n$ORIGIN a.", .directive, 3, 1), ("a. 60 A 192.0.2.1\nb. 60 A 192.0.2.1", .syntax, 2, 1),
        ("a. 60 TYPE65280 x", .syntax, 1, 17), ("a. 60 TYPE65280 \\# 3 0A0b", .syntax, 1, 20),
        ("a. 60 TYPE65280 \\# 1 0", .syntax, 1, 22), ("a. 60 TYPE65280 \\# 1 0g", .syntax, 1, 22),
        ("a. 60 TYPE65280 \\# 65536 00", .syntax, 1, 20), ("a. 60 TYPE65280 \\#", .syntax, nil, nil),
        ("a. 60 A \\# 3 C00002", .syntax, nil, nil), ("a. 60 MX \\# 2 000A", .syntax, nil, nil),
        ("a. 60 WKS 192.0.2.1 tcp smtp", .syntax, 1, 11),
    ]

    @Test("a text that is wrong is refused with its place and cause", arguments: wrong)
    func refused(_ text: String, _ code: LDNSError.Code, _ line: Int?, _ column: Int?) throws {
        let error = try #require(throws: LDNSError.self) { try LDNS.record(fromText: text) }
        #expect(error.code == code || (line == nil && error.code == .wire))
        if line != nil {
            #expect(error.line == line)
            #expect(error.column == column)
        }
        #expect(!error.message.isEmpty)
    }

    @Test("an error says file, line, column and cause")
    func description() throws {
        let error = try #require(throws: LDNSError.self) { try LDNS.record(fromText: "a. 60 A 192.0.2.256") }
        #expect(error.description.hasPrefix("1:9: "))
        #expect(error.description.count > 8)
    }
}
