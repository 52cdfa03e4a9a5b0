import Testing

@testable import KubernetesClient

@Suite("Addresses are read strictly and written canonically")
struct IPAddressTests {
    @Test(
        "RFC 5952 §4: the text form of what was read",
        arguments: [
            ("10.0.0.1", "10.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::A", "2001:db8::a"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:0db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("0:0:0:0:0:0:13.1.68.3", "::d01:4403"),
            ("::ffff:10.0.0.1", "10.0.0.1"), ("::ffff:a00:1", "10.0.0.1"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
            ("0:0:1::", "0:0:1::"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ])
    func roundTrip(_ text: String, _ canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
    }

    @Test(
        "What is no address is none",
        arguments: [
            "", " ", "None", "10.0.0", "10.0.0.0.1", "10.0.0.256", "10.0.0.01", "010.0.0.1", "10.0.0.1 ", "1e1.0.0.1",
            "+1.0.0.1", "10..0.1", "10.0.0.", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7:8::", "12345::", "g::", "::1%eth0", "1.2.3.4::", "::1.2.3", "::1.2.3.4:5", "1:", ":1",
            "fe80::1:", "[::1]", "::١", "0000:0000:0000:0000:0000:0000:0000:00000:0000:0000:0000:0000:0000",
        ])
    func malformed(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("Bytes are in network order, and an IPv4 address is the last four")
    func bytes() throws {
        let four = try #require(IPAddress("1.2.3.4"))
        #expect(four.isIPv4)
        #expect(four.ipv4 == 0x0102_0304)
        #expect((12..<16).map { four.byte(at: $0) } == [1, 2, 3, 4])
        #expect(IPAddress(ipv4: 0x0102_0304) == four)
        let six = try #require(IPAddress("102:304::f"))
        #expect((0..<16).map { six.byte(at: $0) } == [1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 15])
        #expect(six.ipv4 == nil)
        #expect(MemoryLayout<IPAddress>.stride == 16)
    }

    @Test("Order is that of the bytes")
    func order() {
        let sorted = ["::1", "10.0.0.1", "10.0.0.2", "1::", "2::"].compactMap(IPAddress.init)
        #expect(sorted.reversed().sorted() == sorted)
    }
}
