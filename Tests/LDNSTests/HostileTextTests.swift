import Testing

@testable import LDNS

/// Texts that libldns' own lexer or parsers would take badly.
///
/// Run under a memory checker to get the most out of it.
@Suite struct HostileTextTests {
    @Test("many lines in parentheses, which overrun a lexer with fixed buffers")
    func manyLines() throws {
        let lines = String(repeating: "\n", count: 300_000)
        let record = try LDNS.record(fromText: "a. 60 TXT (\(lines) x \(lines) y )")
        #expect(record.text == "a. 60 IN TXT \"x\" \"y\"")
    }

    @Test("an entry, a word or a comment of a megabyte: refused, refused, passed over")
    func longLines() throws {
        let long = String(repeating: "x", count: 1_000_000)
        let words = String(repeating: "x ", count: 500_000)
        for text in ["a. 60 TXT \(long)", "a. 60 TXT \(words)", "a. 60 TXT \"\(long)\"", "\(long) 60 A 192.0.2.1"] {
            let error = try #require(throws: LDNSError.self) { try LDNS.record(fromText: text) }
            #expect(error.code == .limit)
        }
        #expect(try LDNS.record(fromText: "a. 60 A 192.0.2.1 ;\(long)").ttl == 60)
    }

    @Test("a word that just fits the limit is not cut short silently")
    func nearLimit() throws {
        let words = String(repeating: "\"\(String(repeating: "x", count: 250))\" ", count: 230)
        #expect(try LDNS.record(fromText: "a. 60 TXT \(words)").rdata.count == 230 * 251)
        let hex = String(repeating: "ab", count: 29_900)
        #expect(try LDNS.record(fromText: "a. 60 TYPE65280 \\# 29900 \(hex)").rdata.count == 29_900)
    }

    @Test("deep parentheses are refused without recursion")
    func deepParentheses() throws {
        let error = try #require(throws: LDNSError.self) {
            try LDNS.record(fromText: String(repeating: "(", count: 1_000_000))
        }
        #expect(error.code == .limit)
    }

    /// Without IPSECKEY and AMTRELAY: libldns leaks a few bytes for each wrong text of these two.
    static let seeds = [
        "a. 60 A 192.0.2.1", "a. 60 AAAA 2001:db8::1", "a. 60 MX 10 m.", "a. 60 TXT \"a\\\"b\" c",
        "a. 60 SOA n. m. 1 2 3 4 5", "a. 60 SRV 1 2 3 t.", "a. 60 NAPTR 1 2 \"u\" \"s\" \"!^.*$!x!\" .",
        "a. 60 CAA 0 issue \"c\"", "a. 60 HTTPS 1 . alpn=\"h2,h3\" port=8443 ipv4hint=192.0.2.1 key667=x",
        "a. 60 SVCB 2 t. mandatory=alpn alpn=h2 no-default-alpn ech=AAAA",
        "a. 60 LOC 42 21 54 N 71 06 18 W -24m 30m 5m 5m",
        "a. 60 NSEC b. A MX TYPE1234", "a. 60 NSEC3 1 1 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG",
        "a. 60 NSEC3PARAM 1 0 12 aabb", "a. 60 RRSIG A 8 2 60 20300101000000 20200101000000 1 a. AAAA",
        "a. 60 DNSKEY 257 3 8 AwEAAag=", "a. 60 DS 1 8 2 0102", "a. 60 TLSA 3 1 1 0102", "a. 60 SSHFP 1 1 0102",

        "a. 60 APL 1:192.0.2.0/24 !2:2001::/16",
        "a. 60 HIP 2 200100107B1A74DF365639CC39F1D578 AwEA rvs.", "a. 60 CERT PKIX 1 RSASHA256 AQID", "a. 60 HINFO x y",
        "a. 60 NSAP 0x47.0005.80.005a00.0000.0001.e133.ffffff000161.00", "a. 60 EUI48 00-00-5e-00-53-2a",
        "a. 60 NID 10 0014:4fff:ff20:ee64", "a. 60 L32 10 10.1.2.0", "a. 60 URI 10 1 \"ftp://a/\"", "a. 60 GPOS 1 2 3",
        "a. 60 X25 311061700956", "a. 60 ISDN \"150\" \"4\"", "a. 60 TKEY a. 1 2 3 4 0 0", "a. 60 DHCID AAIB",
        "a. 60 OPENPGPKEY AQID", "a. 60 CSYNC 66 3 A NS", "a. 60 ZONEMD 1 1 1 0102", "a. 60 TYPE65280 \\# 3 0a0b0c",
        "a. 60 ATMA 39.246f.00.0e7c.9c03.1200.0001.00", "a. 60 PX 1 a. b.", "a. 60 RP a. b.", "a. 60 TALINK a. b.",
    ]

    @Test(
        "no damaged record of any type does harm, and what is accepted is whole data of its type", arguments: seeds)
    func damaged(_ seed: String) throws {
        var random = SplitMix(state: UInt64(seed.utf8.reduce(7) { $0 &* 31 &+ Int($1) }.magnitude))
        for _ in 0..<400 {
            let text = String(decoding: Self.damage(Array(seed.utf8), &random), as: UTF8.self)
            guard let record = try? LDNS.record(fromText: text) else { continue }
            #expect(!record.text.isEmpty)
            let header = "\(record.ownerText) \(record.ttl) CLASS\(record.class) TYPE\(record.type)"
            var again = try LDNS.record(fromText: "\(header) \(LDNSBridge.generic(record.rdata))")
            again.line = record.line
            #expect(again == record, "\(text)")
        }
    }

    private static func damage(_ seed: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var text = seed
        for _ in 0...Int.random(in: 0..<4, using: &random) where !text.isEmpty {
            let index = Int.random(in: 0..<text.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: text.remove(at: index)
            case 1: text[index] = UInt8.random(in: 1...255, using: &random)
            case 2: text.insert(Array("\\\".()@ 0123-=,/:".utf8).randomElement(using: &random) ?? 0, at: index)
            case 3: text.insert(contentsOf: text[index...].prefix(8), at: index)
            case 4: text.removeSubrange(index..<min(text.count, index + 6))
            default: text.insert(contentsOf: [UInt8](repeating: text[index], count: 300), at: index)
            }
        }
        return text
    }

    @Test("no damaged message does harm")
    func damagedMessages() throws {
        var message = LDNSMessageText(question: ("example.org.", "A"))
        message.records = [
            .answer: ["a.example.org. 60 MX 10 b.example.org.", "a.example.org. 60 TXT x"],
            .additional: ["b.example.org. 60 A 192.0.2.1", "c. 60 HTTPS 1 . alpn=h2"],
        ]
        message.edns = LDNSEDNS(payloadSize: 1_232, isDNSSECOK: true, options: [0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8])
        let wire = try LDNS.encode(message)
        var random = SplitMix(state: 11)
        var accepted = 0
        for _ in 0..<4_000 {
            var bytes = wire
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            bytes.removeLast(Int.random(in: 0..<4, using: &random))
            guard let decoded = try? LDNS.decode(bytes) else { continue }
            accepted += 1
            for record in decoded.answer + decoded.authority + decoded.additional { #expect(!record.text.isEmpty) }
        }
        #expect(accepted > 0)
        for count in 0..<wire.count { _ = try? LDNS.decode(Array(wire.prefix(count))) }
    }
}

/// A random source that gives the same damage in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
