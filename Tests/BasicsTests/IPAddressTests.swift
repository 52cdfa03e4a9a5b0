import Basics
import TestSupport
import Testing

@Suite("Addresses are read strictly and written canonically")
struct IPAddressTests {
    @Test(
        "RFC 4291 §2.2, RFC 5952 §4: an address is read in every form and printed in one",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::", "::"),
            ("::1", "::1"), ("1::", "1::"), ("2001:DB8::A", "2001:db8::a"), ("2001:0db8::0001", "2001:db8::1"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
            ("2001:0db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("0:0:0:0:0:0:13.1.68.3", "::d01:4403"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
            ("::ffff:10.0.0.1", "10.0.0.1"), ("::ffff:a00:1", "10.0.0.1"), ("0:0:1::", "0:0:1::"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
            ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"), ("0:0:0:0:0:0:0:0", "::"),
        ])
    func text(_ text: String, _ canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
    }

    @Test(
        "RFC 4291 §2.2, RFC 6943 §3.1.1: anything else is no address",
        arguments: [
            "", " ", "None", "1", "10.0.0", "10.0.0.0.1", "10.0.0.256", "1.2.3.1000", "10.0.0.01", "010.0.0.1",
            "10.0.0.1 ", " 1.2.3.4", "1e1.0.0.1", "0x1.2.3.4", "+1.0.0.1", "1.2.3.-4", "10..0.1", "10.0.0.", ".1.2.3",
            ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "1:2:3:4:5:6:7::8",
            "1:2:3:4:5:6:7:8:", "12345::", "g::", "+1::", "::1%eth0", "1.2.3.4::", "::1.2.3", "::1.2.3.4:5",
            "1:2:3:4:5:6:7:1.2.3.4", "::ffff:01.2.3.4", "1:", ":1", ":1::", "fe80::1:", "[::1]", "::١", "٣.2.3.4",
            "0000:0000:0000:0000:0000:0000:0000:00000:0000:0000:0000:0000:0000",
        ])
    func malformed(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("an address survives printing, reading and its octets")
    func roundTrips() throws {
        var random = SeededRandom(seed: 7)
        for _ in 0..<2_000 {
            // Few set bits, so that runs of zeros of all lengths come up.
            let sparse = (0..<Int.random(in: 0...4, using: &random)).reduce(UInt128(0)) { bits, _ in
                bits | UInt128(UInt16.random(in: 0...0xFFFF, using: &random))
                    << UInt128(16 * Int.random(in: 0..<8, using: &random))
            }
            let addresses = [
                IPAddress(bits: sparse), IPAddress(ipv4: UInt32.random(in: 0...UInt32.max, using: &random)),
            ]
            for address in addresses {
                #expect(IPAddress(address.description) == address && IPAddress(address.ipv6Text) == address)
                #expect(IPAddress(octets: address.octets.span) == address)
                #expect(IPAddress(bits: address.bits) == address)
            }
        }
        #expect(IPAddress(octets: [1, 2, 3].span) == nil)
    }

    @Test("RFC 4291 §2.5.5.2: a mapped address is the IPv4 address, and an AAAA record of it is printed as one of IPv6")
    func mapped() throws {
        let mapped = try #require(IPAddress("::ffff:192.0.2.1"))
        #expect(mapped == IPAddress("192.0.2.1") && mapped.isIPv4 && mapped.octets == [192, 0, 2, 1])
        #expect(mapped.ipv6Text == "::ffff:192.0.2.1")
        #expect(IPAddress("2001:db8::1")?.ipv6Text == "2001:db8::1")
    }

    @Test("bytes are in network order, and an IPv4 address is the last four")
    func bytes() throws {
        let four = try #require(IPAddress("1.2.3.4"))
        #expect(four.ipv4 == 0x0102_0304 && IPAddress(ipv4: 0x0102_0304) == four)
        #expect((12..<16).map { four.byte(at: $0) } == [1, 2, 3, 4])
        let six = try #require(IPAddress("102:304::f"))
        #expect((0..<16).map { six.byte(at: $0) } == [1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 15])
        #expect(six.ipv4 == nil)
        #expect(MemoryLayout<IPAddress>.stride == 16)
    }

    @Test("order is that of the bytes")
    func order() {
        let sorted = ["::1", "10.0.0.1", "10.0.0.2", "1::", "2::"].compactMap { IPAddress($0) }
        #expect(sorted.reversed().sorted() == sorted)
    }
}
