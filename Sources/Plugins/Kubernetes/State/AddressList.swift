import Basics
import DNSWire
import KubernetesClient

/// Addresses as the data of A and AAAA records, ready to be copied into a reply.
///
/// Shape: sorted and without duplicates; four octets for each IPv4 address, then sixteen for each IPv6 address. An address's
/// number counts through both.
struct AddressList: Sendable, Equatable {
    private(set) var octets: ContiguousArray<UInt8> = []
    private(set) var v4Count = 0

    init() {}

    /// Sorts `addresses` and leaves duplicates out.
    init(_ addresses: [IPAddress]) {
        self.init(sorted: addresses.sorted(by: Self.precedes))
    }

    /// Takes addresses in this list's order; equal ones next to each other become one.
    init(sorted addresses: some Collection<IPAddress>) {
        var last: IPAddress?
        octets.reserveCapacity((addresses.first?.isIPv4 == true ? 4 : 16) * addresses.count)
        for address in addresses where address != last {
            append(address)
            last = address
        }
    }

    /// The order of addresses in a list: IPv4 before IPv6, then by number.
    static func precedes(_ left: IPAddress, _ right: IPAddress) -> Bool {
        left.isIPv4 == right.isIPv4 ? left < right : left.isIPv4
    }

    var v6Count: Int { (octets.count &- 4 &* v4Count) / 16 }
    var count: Int { v4Count &+ v6Count }
    var isEmpty: Bool { octets.isEmpty }

    /// The octets of the only address, if it is one of IPv4, as a big-endian number.
    var onlyIPv4: UInt32? { v4Count == 1 && octets.count == 4 ? octets.span.uint32(at: 0) : nil }

    /// Whether the address with a number is one of IPv4.
    func isIPv4(_ number: Int) -> Bool { number < v4Count }

    /// Where the octets of the address with a number lie.
    func range(_ number: Int) -> Range<Int> {
        guard number >= v4Count else { return 4 &* number..<4 &* number &+ 4 }
        let start = 4 &* v4Count &+ 16 &* (number &- v4Count)
        return start..<start &+ 16
    }

    /// The address with a number.
    subscript(number: Int) -> IPAddress {
        let range = range(number)
        if range.count == 4 { return IPAddress(ipv4: octets.span.uint32(at: range.lowerBound)) }
        return IPAddress(high: word(range.lowerBound), low: word(range.lowerBound + 8))
    }

    private func word(_ offset: Int) -> UInt64 {
        UInt64(octets.span.uint32(at: offset)) << 32 | UInt64(octets.span.uint32(at: offset + 4))
    }

    /// The number of `address`, or nil when it is not in the list.
    ///
    /// - Complexity: O(log n).
    func number(of address: IPAddress) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if Self.precedes(self[middle], address) { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low] == address ? low : nil
    }

    /// Calls `body` with each address that is not in `other`.
    ///
    /// - Complexity: O(n) in both lists; O(1) where they are one.
    func forEach(besides other: AddressList?, _ body: (IPAddress) -> Void) {
        guard let other, !other.isEmpty else {
            for number in 0..<count { body(self[number]) }
            return
        }
        guard octets != other.octets || v4Count != other.v4Count else { return }
        var place = 0
        for number in 0..<count {
            let address = self[number]
            while place < other.count, Self.precedes(other[place], address) { place += 1 }
            if place == other.count || other[place] != address { body(address) }
        }
    }

    /// All addresses.
    var addresses: [IPAddress] { (0..<count).map { self[$0] } }

    private mutating func append(_ address: IPAddress) {
        for index in (address.isIPv4 ? 12 : 0)..<16 { octets.append(address.byte(at: index)) }
        if address.isIPv4 { v4Count += 1 }
    }
}
