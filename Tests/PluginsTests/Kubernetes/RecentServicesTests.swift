import DNSWire
import Testing

@testable import Plugins

@Suite("The addresses that were asked for lately")
struct RecentServicesTests {
    private let recent = RecentServices()

    private func note(_ address: UInt32, of name: [UInt8], hash: UInt64, version: UInt64) {
        recent.note(address, of: name.span, hash: hash, version: version)
    }

    private func address(of name: [UInt8], hash: UInt64, version: UInt64) -> UInt32? {
        recent.address(of: name.span, hash: hash, version: version)
    }

    private static let name = Array("\u{3}web\u{3}shop\u{0}".utf8)

    @Test("an address is known for its name and its snapshot alone")
    func known() {
        note(7, of: Self.name, hash: 99, version: 3)
        #expect(address(of: Self.name, hash: 99, version: 3) == 7)
        #expect(address(of: Self.name, hash: 99, version: 4) == nil)
        #expect(address(of: Self.name, hash: 98, version: 3) == nil)
        #expect(address(of: Array(Self.name.dropFirst()), hash: 99, version: 3) == nil)
        note(8, of: Self.name, hash: 99, version: 4)
        #expect(address(of: Self.name, hash: 99, version: 4) == 8)
    }

    @Test("another name with the same hash is not taken for it, and takes its place")
    func collision() {
        let other = Array("\u{3}wob\u{3}shop\u{0}".utf8)
        note(7, of: Self.name, hash: 99, version: 3)
        #expect(address(of: other, hash: 99, version: 3) == nil)
        note(8, of: other, hash: 99, version: 3)
        #expect(address(of: other, hash: 99, version: 3) == 8)
        #expect(address(of: Self.name, hash: 99, version: 3) == nil)
    }

    @Test(
        "names whose hashes lead to one place stand side by side; when it is full the next takes the place of one of them"
    )
    func sets() {
        let names = (0...RecentServices.ways).map { number in Array("\u{2}s\(number)\u{4}shop\u{0}".utf8) }
        func hash(_ number: Int) -> UInt64 { UInt64(2 * number + 1) << 48 | 99 }
        func known() -> [Int] {
            names.indices.filter { address(of: names[$0], hash: hash($0), version: 3) == UInt32($0) }
        }
        for number in 0..<RecentServices.ways {
            note(UInt32(number), of: names[number], hash: hash(number), version: 3)
        }
        #expect(known() == Array(0..<RecentServices.ways))
        note(UInt32(RecentServices.ways), of: names[RecentServices.ways], hash: hash(RecentServices.ways), version: 3)
        #expect(known().count == RecentServices.ways)
        #expect(known().contains(RecentServices.ways))
        recent.prefetch(hash(0))
        #expect(known().count == RecentServices.ways)
    }

    @Test("a name that has no room is not noted, and nothing is known at first")
    func room() {
        let long = [UInt8](repeating: 1, count: RecentServices.longestName + 1)
        note(7, of: long, hash: 5, version: 1)
        #expect(address(of: long, hash: 5, version: 1) == nil)
        let longest = [UInt8](repeating: 1, count: RecentServices.longestName)
        note(7, of: longest, hash: 5, version: 1)
        #expect(address(of: longest, hash: 5, version: 1) == 7)
        #expect(address(of: [], hash: 0, version: 0) == nil)
    }
}
