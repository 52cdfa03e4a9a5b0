import Basics
import Testing

@Suite("Networks")
struct IPPrefixTests {
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
        "RFC 4291 §2.5.5.2: a network of mapped addresses is one of IPv4; a longer one is IPv6",
        arguments: [
            ("::ffff:10.1.2.3/104", "10.0.0.0/8"), ("::ffff:10.1.2.3/128", "10.1.2.3/32"),
            ("::ffff:10.1.2.3/96", "0.0.0.0/0"), ("::ffff:10.1.2.3/95", "::fffe:0:0/95"),
            ("::ffff:10.1.2.3/64", "::/64"), ("::ffff:10.1.2.3/0", "::/0"),
        ])
    func mapped(_ text: String, _ expected: String) {
        #expect(IPPrefix(text)?.description == expected)
    }

    @Test(
        "what is no prefix is refused",
        arguments: [
            "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "/8", "::/129", "1::/+1", "1.2.3.4/8/8", "1.2.3/8", "10.0.0.0/-1",
            "10.0.0.0/8 ", "::/0008",
        ])
    func notPrefixes(_ text: String) {
        #expect(IPPrefix(text) == nil)
    }

    @Test("a length out of bounds is brought into them, and an address alone is the prefix of full length")
    func lengths() throws {
        let (four, six) = (try #require(IPAddress("192.0.2.255")), try #require(IPAddress("2001:db8::ff")))
        #expect(
            [24, 40, -1].map { "\(IPPrefix(four, length: $0))" } == ["192.0.2.0/24", "192.0.2.255/32", "0.0.0.0/0"])
        #expect([64, 200].map { "\(IPPrefix(six, length: $0))" } == ["2001:db8::/64", "2001:db8::ff/128"])
        #expect([four, six].map { IPPrefix($0).length } == [32, 128])
        #expect([four, six].map { IPPrefix($0).width } == [32, 128])
    }

    @Test("a prefix contains what lies within it, of its own family")
    func contains() throws {
        let prefix = try #require(IPPrefix("10.0.0.0/9"))
        #expect(prefix.contains(try #require(IPAddress("10.127.0.1"))))
        #expect(prefix.contains(prefix))
        #expect(!prefix.contains(try #require(IPAddress("10.128.0.1"))))
        #expect(!prefix.contains(try #require(IPPrefix("10.0.0.0/8"))))
        let (all4, all6) = (try #require(IPPrefix("0.0.0.0/0")), try #require(IPPrefix("::/0")))
        let (four, six) = (try #require(IPAddress("1.2.3.4")), try #require(IPAddress("::")))
        #expect(all4.contains(four) && !all4.contains(six))
        #expect(all6.contains(six) && !all6.contains(four))
        #expect(!all6.contains(all4))
    }

    @Test(
        "RFC 1035 §3.5, RFC 3596 §2.5: a network is the reverse zones of its next label",
        arguments: [
            ("10.1.0.0/16", ["1.10.in-addr.arpa."]), ("10.2.0.0/15", ["2.10.in-addr.arpa.", "3.10.in-addr.arpa."]),
            ("0.0.0.0/0", ["in-addr.arpa."]), ("192.0.2.1/32", ["1.2.0.192.in-addr.arpa."]),
            ("2001:db8::/32", ["8.b.d.0.1.0.0.2.ip6.arpa."]),
            ("2001:dc0::/27", ["c.d.0.1.0.0.2.ip6.arpa.", "d.d.0.1.0.0.2.ip6.arpa."]),
        ])
    func reverseZones(_ text: String, _ zones: [String]) {
        #expect(IPPrefix(text)?.reverseZones == zones)
    }
}
