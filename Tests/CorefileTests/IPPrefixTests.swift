import Testing

@testable import Corefile

@Suite("Addresses")
struct IPPrefixTests {
    @Test(
        "RFC 4291 §2.2, RFC 5952 §4: addresses are read in every form and printed in one",
        arguments: [
            ("10.0.0.1", "10.0.0.1"), ("255.255.255.255", "255.255.255.255"), ("::", "::"), ("::1", "::1"),
            ("1::", "1::"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("0:0:1::", "0:0:1::"), ("::ffff:10.0.0.1", "::ffff:a00:1"),
            ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
            ("fe80::1:2", "fe80::1:2"),
        ])
    func addresses(_ text: String, _ expected: String) {
        #expect(IPPrefix(address: text)?.address == expected)
    }

    @Test(
        "What is no address is refused",
        arguments: [
            "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.", "1.2.3.4 ", "a.b.c.d", "1.2.3.-4", ":", ":::",
            "1:", ":1", "1:2:", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::", "g::",
            "::1%eth0", "1.2.3.4::", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4", "+1::", "[::1]",
        ])
    func notAddresses(_ text: String) {
        #expect(IPPrefix(address: text) == nil)
    }

    @Test(
        "RFC 4632: a prefix clears the bits of the host",
        arguments: [
            ("10.1.2.3/8", "10.0.0.0/8"), ("10.1.2.3/32", "10.1.2.3/32"), ("10.1.2.3/0", "0.0.0.0/0"),
            ("255.255.255.255/31", "255.255.255.254/31"), ("2001:db8:ffff::1/33", "2001:db8:8000::/33"),
            ("::1/128", "::1/128"), ("ffff::/0", "::/0"),
        ])
    func prefixes(_ text: String, _ expected: String) {
        #expect(IPPrefix(text)?.description == expected)
    }

    @Test(
        "What is no prefix is refused",
        arguments: ["10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "/8", "::/129", "1::/+1", "1.2.3.4/8/8"])
    func notPrefixes(_ text: String) {
        #expect(IPPrefix(text) == nil)
    }

    @Test("A prefix contains what lies within it, of its own family")
    func contains() throws {
        let prefix = try #require(IPPrefix("10.0.0.0/9"))
        #expect(prefix.contains(try #require(IPPrefix(address: "10.127.0.1"))))
        #expect(prefix.contains(prefix))
        #expect(!prefix.contains(try #require(IPPrefix(address: "10.128.0.1"))))
        #expect(!prefix.contains(try #require(IPPrefix("10.0.0.0/8"))))
        let everything = try #require(IPPrefix("0.0.0.0/0"))
        #expect(!everything.contains(try #require(IPPrefix(address: "::"))))
    }

    @Test("The bytes of an address are in network order")
    func octets() {
        #expect(IPPrefix(address: "1.2.3.4")?.octets == [1, 2, 3, 4])
        #expect(IPPrefix(address: "1:203::ff")?.octets == [0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255])
    }
}
