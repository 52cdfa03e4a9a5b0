import Testing

@testable import Corefile

@Suite("Zones and keys")
struct ZoneExpansionTests {
    @Test(
        "A zone is lower-cased and ends in a dot; a CIDR gives its reverse zones",
        arguments: [
            (".", ["."]), ("", ["."]), (":53", ["."]), ("Example.ORG", ["example.org."]),
            ("example.org.:53", ["example.org."]), ("dns://example.org", ["example.org."]), ("tls://", ["."]),
            ("*.a", ["*.a."]), ("_tcp.a", ["_tcp.a."]), ("a\\.b.c", ["a\\.b.c."]), ("a\\046b", ["a\\046b."]),
            ("10.0.0.0/24", ["0.0.10.in-addr.arpa."]), ("10.0.0.0/8:53", ["10.in-addr.arpa."]),
            ("10.1.2.3/24", ["2.1.10.in-addr.arpa."]), ("10.1.2.3/32", ["3.2.1.10.in-addr.arpa."]),
            ("10.0.0.0/15", ["0.10.in-addr.arpa.", "1.10.in-addr.arpa."]),
            (
                "10.129.60.0/22",
                [
                    "60.129.10.in-addr.arpa.", "61.129.10.in-addr.arpa.", "62.129.10.in-addr.arpa.",
                    "63.129.10.in-addr.arpa.",
                ]
            ),
            ("0.0.0.0/0", ["in-addr.arpa."]), ("::/0", ["ip6.arpa."]),
            ("2001:db8::/32", ["8.b.d.0.1.0.0.2.ip6.arpa."]),
            ("2001:db8::/31", ["8.b.d.0.1.0.0.2.ip6.arpa.", "9.b.d.0.1.0.0.2.ip6.arpa."]),
            ("2001:DB8::/31:53", ["8.b.d.0.1.0.0.2.ip6.arpa.", "9.b.d.0.1.0.0.2.ip6.arpa."]),
            ("2001:db8::/112", ["0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa."]),
            ("10.0.0.1", ["10.0.0.1."]), ("0/25.2.0.192.in-addr.arpa", ["0/25.2.0.192.in-addr.arpa."]),
        ])
    func zones(_ text: String, _ expected: [String]) throws {
        #expect(try ZoneExpansion.zones(text) == expected)
    }

    @Test("A CIDR off a label boundary gives every zone of the next label, and no others")
    func allZones() throws {
        #expect(try ZoneExpansion.zones("10.128.0.0/9") == (128...255).map { "\($0).10.in-addr.arpa." })
        #expect(try ZoneExpansion.zones("0.0.0.0/1").count == 128)
        #expect(
            try ZoneExpansion.zones("fd00::/29").map { $0.prefix(1) } == ["0", "1", "2", "3", "4", "5", "6", "7"])
    }

    @Test(
        "What is no zone is an error that says why",
        arguments: [
            ("a..b", "zone is not a valid domain name: a..b"), (".a", "zone is not a valid domain name: .a"),
            ("example.org:", "expecting data after last colon: \"example.org:\""),
            ("example.org:99999", "invalid port in 'example.org:99999'"),
            ("example.org:9999999999999999999999", "invalid port in 'example.org:9999999999999999999999'"),
            ("example.org:domain", "zone is not a valid domain name: example.org:domain"),
            ("[::1]", "zone is not a valid domain name: [::1]"), ("ftp://a", "unknown transport 'ftp'"),
            ("10.0.0.0/33", "invalid CIDR 10.0.0.0/33"), ("::/129", "invalid CIDR ::/129"),
            ("10.0.0.0/x", "invalid CIDR 10.0.0.0/x"), ("a\\", "zone is not a valid domain name: a\\"),
            ("a\\25", "zone is not a valid domain name: a\\25"), ("a\\256", "zone is not a valid domain name: a\\256"),
        ])
    func mistakes(_ text: String, _ message: String) {
        #expect { try ZoneExpansion.zones(text) } throws: { "\($0)" == message }
    }

    @Test("RFC 1035 §2.3.4: a label has at most 63 bytes, a name at most 255")
    func lengths() throws {
        let label = String(repeating: "a", count: 63)
        #expect(try ZoneExpansion.zones(label) == [label + "."])
        #expect(throws: ZoneError.self) { try ZoneExpansion.zones(label + "a") }
        let longest = [label, label, label, String(repeating: "b", count: 61)].joined(separator: ".")
        #expect(try ZoneExpansion.zones(longest) == [longest + "."])
        #expect(throws: ZoneError.self) { try ZoneExpansion.zones(longest + "b") }
        #expect { try ZoneExpansion.zones(String(repeating: "a.", count: 128)) } throws: {
            "\($0)" == "specified zone is too long: 256 > 255"
        }
        // 63 bytes written as escapes: the limit counts bytes of the name, not of the text.
        #expect(try ZoneExpansion.zones(String(repeating: "\\097", count: 63)).count == 1)
        #expect(throws: ZoneError.self) { try ZoneExpansion.normalize(String(repeating: "\\097", count: 64)) }
    }

    @Test(
        "The scheme chooses the transport and its default port",
        arguments: [
            ("a", "dns://a.:1053"), ("dns://a", "dns://a.:1053"), ("tls://a", "tls://a.:853"),
            ("https://a", "https://a.:443"), ("https3://a", "https3://a.:443"), ("grpc://a", "grpc://a.:443"),
            ("quic://a", "quic://a.:853"), ("tls://a:54", "tls://a.:54"), ("a:0", "dns://a.:0"),
            ("10.0.0.0/15", "dns://0.10.in-addr.arpa.:1053 dns://1.10.in-addr.arpa.:1053"),
        ])
    func keys(_ text: String, _ expected: String) throws {
        #expect(try Corefile.parse(text: text, defaultPort: 1053).outline == [[expected]])
    }

    @Test("A key that is no zone is an error at its place, also in an imported file")
    func keyMistakes() {
        let error = mistake("a b..c {\n}")
        #expect(error?.code == .invalidZone)
        #expect(error?.spot == "1:3")
        let imported = mistake("import x", files: ["x": "\n\n a:70000 {\n}"])
        #expect(imported?.description == "x:3:2: invalid port in 'a:70000' (a port is 0 to 65535)")
    }
}
