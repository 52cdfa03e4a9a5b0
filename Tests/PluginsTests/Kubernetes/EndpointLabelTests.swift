import Basics
import DNSWire
import KubernetesClient
import Testing

@testable import Plugins

@Suite("Labels made of addresses")
struct EndpointLabelTests {
    private func label(_ text: String) throws -> String {
        var wire: ContiguousArray<UInt8> = []
        EndpointLabel.append(try #require(IPAddress(text)), to: &wire)
        #expect(Int(wire[0]) == wire.count - 1)
        return String(decoding: wire.dropFirst(), as: UTF8.self)
    }

    @Test(
        "Dots and colons become dashes; a label does not end in a dash",
        arguments: [
            ("10.0.0.1", "10-0-0-1"), ("255.100.99.0", "255-100-99-0"), ("5678:abcd::1", "5678-abcd--1"),
            ("2001:db8::", "2001-db8--0"), ("::1", "--1"), ("2001:db8:1:2:3:4:5:6", "2001-db8-1-2-3-4-5-6"),
        ])
    func encoding(_ address: String, _ expected: String) throws {
        #expect(try label(address) == expected)
    }

    @Test(
        "Three dashes that do not touch make an IPv4 address, anything else an IPv6 address or none",
        arguments: [
            ("10-0-0-1", "10.0.0.1"), ("255-255-255-255", "255.255.255.255"), ("fd00--1", "fd00::1"),
            ("1-2-3-4-5-6-7-8", "1:2:3:4:5:6:7:8"), ("--1", "::1"), ("2001-db8--0", "2001:db8::"), ("1-2-3", nil),
            ("1-2-3-256", nil), ("01-2-3-4", nil), ("1-2-3-", nil), ("-1-2-3", nil), ("1-2-3-4-5", nil), ("name", nil),
            ("1.2.3.4", nil), ("99999999999-1-1-1", nil), ("g--1", nil),
            (String(repeating: "-", count: 63), nil), (String(repeating: "1", count: 63), nil),
        ] as [(String, String?)])
    func decoding(_ text: String, _ expected: String?) throws {
        let wire = try #require(WireLabel.encode(text))
        #expect(EndpointLabel.address(wire.span, at: 0) == expected.flatMap { IPAddress($0) })
    }

    @Test("An address list is sorted, has no duplicates, and finds what it has")
    func addressList() throws {
        let texts = ["2001:db8::2", "10.0.0.2", "10.0.0.1", "2001:db8::1", "10.0.0.2", "10.0.0.255"]
        let list = AddressList(texts.compactMap { IPAddress($0) })
        #expect(
            list.addresses.map(\.description) == ["10.0.0.1", "10.0.0.2", "10.0.0.255", "2001:db8::1", "2001:db8::2"])
        #expect(list.v4Count == 3 && list.v6Count == 2 && list.octets.count == 3 * 4 + 2 * 16)
        for (number, address) in list.addresses.enumerated() { #expect(list.number(of: address) == number) }
        for text in ["10.0.0.0", "10.0.0.3", "::", "2001:db8::3"] {
            #expect(list.number(of: try #require(IPAddress(text))) == nil)
        }
    }
}
