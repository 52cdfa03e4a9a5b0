import TestSupport
import Testing

@testable import Basics

@Suite("Sets of networks")
struct PrefixSetTests {
    private static func set(_ texts: String...) -> PrefixSet { PrefixSet(texts.compactMap { IPPrefix($0) }) }

    @Test(
        "the longest network that an address lies in is found; those of the other family hold nobody",
        arguments: [
            ("10.0.0.1", "10.0.0.0/8"), ("10.1.0.1", "10.1.0.0/16"), ("10.1.2.3", "10.1.2.3/32"),
            ("10.1.2.4", "10.1.0.0/16"), ("11.0.0.1", nil), ("9.255.255.255", nil), ("192.0.2.128", "192.0.2.128/25"),
            ("192.0.2.127", nil), ("::ffff:10.1.2.3", "10.1.2.3/32"), ("2001:db8::1", "2001:db8::/32"),
            ("2001:db8:0:1::1", "2001:db8:0:1::/64"), ("2001:db9::1", nil), ("::1", nil), ("::10.1.2.3", nil),
        ])
    func longestMatch(_ text: String, _ expected: String?) throws {
        let set = Self.set(
            "10.1.0.0/16", "10.0.0.0/8", "10.1.2.3/32", "192.0.2.128/25", "2001:db8:0:1::/64", "2001:db8::/32")
        let address = try #require(IPAddress(text))
        #expect(set.longestMatch(address)?.description == expected)
        #expect(set.contains(address) == (expected != nil))
    }

    @Test("everybody of a family is in its network of no length, nobody in an empty set")
    func extremes() throws {
        let (four, six) = (try #require(IPAddress("255.0.0.1")), try #require(IPAddress("::1")))
        let (all4, all6) = (Self.set("0.0.0.0/0"), Self.set("::/0"))
        #expect(all4.contains(four) && !all4.contains(six) && !all6.contains(four) && all6.contains(six))
        #expect(!PrefixSet().contains(four) && !PrefixSet().contains(six) && PrefixSet().isEmpty)
        let whole = Self.set("255.0.0.1/32", "::1/128", "255.0.0.1/32")
        #expect(whole.contains(four) && whole.contains(six) && whole.count == 2)
    }

    @Test("the set says the same as all its networks one by one, in whatever order they came")
    func agreesWithAll() throws {
        var random = SeededRandom(seed: 11)
        for round in 0..<60 {
            // Close together, so that they overlap.
            let isIPv4 = round.isMultiple(of: 2)
            func address() -> IPAddress {
                let low = UInt32.random(in: 0..<4_096, using: &random)
                return isIPv4 ? IPAddress(ipv4: 0x0A00_0000 | low) : IPAddress(bits: 0x2001_0DB8 << 96 | UInt128(low))
            }
            let width = isIPv4 ? 32 : 128
            let prefixes = (0..<200).map { _ in
                IPPrefix(address(), length: Int.random(in: width - 12...width, using: &random))
            }
            let (set, reversed) = (PrefixSet(prefixes), PrefixSet(prefixes.reversed()))
            #expect(set.count == Set(prefixes).count && reversed.count == set.count)
            for _ in 0..<200 {
                let asked = address()
                let longest = prefixes.filter { $0.contains(asked) }.map(\.length).max()
                #expect(set.longestMatch(asked)?.length == longest)
                #expect(reversed.longestMatch(asked)?.length == longest)
                #expect(set.contains(asked) == (longest != nil))
            }
        }
    }

    /// Networks of 24 or 64 bits, scattered; or the same number side by side.
    private static func many(_ count: Int, isIPv4: Bool, isScattered: Bool) -> [IPPrefix] {
        var random = SeededRandom(seed: 3)
        return (0..<count).map { number in
            let value = isScattered ? random.next() : UInt64(number) << 40
            return isIPv4
                ? IPPrefix(IPAddress(ipv4: UInt32(truncatingIfNeeded: value >> 32)), length: 24)
                : IPPrefix(IPAddress(high: 0x2000 << 48 | value >> 3, low: 0), length: 64)
        }
    }

    @Test(
        "of 100,000 networks a lookup visits no more nodes than an address has bits, and each takes 64 octets at most",
        arguments: [100, 1_000, 10_000, 100_000], [true, false])
    func countsOfVisits(_ count: Int, isIPv4: Bool) {
        for isScattered in [true, false] {
            let prefixes = Self.many(count, isIPv4: isIPv4, isScattered: isScattered)
            let set = PrefixSet(prefixes)
            var random = SeededRandom(seed: 5)
            let strangers = (0..<1_000).map { _ in
                isIPv4
                    ? IPAddress(ipv4: UInt32(truncatingIfNeeded: random.next()))
                    : IPAddress(high: random.next(), low: random.next())
            }
            let visits = (prefixes.map(\.address) + strangers).map { set.walk($0, endsAtFirst: false).visited }
            // The root, and a node for each length of the longest network at most.
            #expect(visits.max() ?? 0 <= 1 + (isIPv4 ? 24 : 64))
            #expect(set.memory <= 64 * (count + 1))
            #expect(prefixes.allSatisfy { set.contains($0.address) })
        }
    }

    @Test(
        "no set makes a lookup longer than the bits of an address: one network of every length",
        arguments: [true, false])
    func longestWay(isIPv4: Bool) throws {
        let address = try #require(IPAddress(isIPv4 ? "255.255.255.255" : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"))
        let width = isIPv4 ? 32 : 128
        let set = PrefixSet((0...width).map { IPPrefix(address, length: $0) })
        #expect(set.walk(address, endsAtFirst: false).visited == width + 1)
        #expect(set.walk(address, endsAtFirst: true).visited == 1)
        #expect(set.longestMatch(address)?.length == width)
    }
}
