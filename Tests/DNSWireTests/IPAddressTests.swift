import DNSWire
import Testing

@Suite("Addresses")
struct IPAddressTests {
    @Test(
        "RFC 5952 §4: an address has one text form",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::", "::"),
            ("::1", "::1"), ("1::", "1::"), ("2001:DB8::1", "2001:db8::1"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0db8::0001", "2001:db8::1"),
            ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
            ("::ffff:c000:201", "::ffff:192.0.2.1"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
            ("0:0:0:0:0:0:0:0", "::"),
        ])
    func text(_ input: String, _ printed: String) throws {
        #expect(try #require(IPAddress(parsing: input)).text == printed)
    }

    @Test(
        "RFC 4291 §2.2, RFC 6943 §3.1.1: anything else is no address",
        arguments: [
            "", "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "1.2.3.1000", "1.2.3.", ".1.2.3", "1..2.3",
            "0x1.2.3.4", " 1.2.3.4", "1.2.3.4 ",
            ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "::1%eth0",
            "1:2:3:4:5:6:7::8", ":1::", "1:", "::1.2.3",
            "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "::ffff:01.2.3.4", "[::1]", "1:2:3:4:5:6:7:8:",
            "٣.2.3.4",
        ])
    func badText(_ input: String) {
        #expect(IPAddress(parsing: input) == nil)
    }

    @Test("an address survives printing, parsing and its octets")
    func roundTrips() throws {
        var random = SeededGenerator(7)
        for _ in 0..<2_000 {
            // Few set bits, so that runs of zeros of all lengths come up.
            let sparse = (0..<Int.random(in: 0...4, using: &random)).reduce(UInt128(0)) { bits, _ in
                bits | UInt128(UInt16.random(in: 0...0xFFFF, using: &random))
                    << UInt128(16 * Int.random(in: 0..<8, using: &random))
            }
            let address = IPAddress(v6: sparse)
            #expect(IPAddress(parsing: address.text) == address)
            #expect(IPAddress(octets: address.octets.span) == address)
            let short = IPAddress(v4: UInt32.random(in: 0...UInt32.max, using: &random))
            #expect(IPAddress(parsing: short.text) == short)
            #expect(IPAddress(octets: short.octets.span) == short)
        }
        #expect(IPAddress(octets: [1, 2, 3].span) == nil)
    }

    @Test("RFC 4291 §2.5.5.2: a mapped address is another address until it is unmapped")
    func mapped() throws {
        let mapped = try #require(IPAddress(parsing: "::ffff:192.0.2.1"))
        let plain = try #require(IPAddress(parsing: "192.0.2.1"))
        #expect(mapped != plain)
        #expect(mapped.unmapped == plain)
        #expect(plain.unmapped == plain)
        #expect(IPAddress(v6: 1).unmapped == IPAddress(v6: 1))
    }
}
