import Basics
import KubernetesClient

/// Reads the parts of a saved state, believing nothing.
struct StateDecoder {
    private let octets: [UInt8]
    private(set) var offset: Int
    private let end: Int

    init(_ octets: [UInt8], _ range: Range<Int>) {
        self.octets = octets
        offset = range.lowerBound
        end = min(range.upperBound, octets.count)
    }

    var isAtEnd: Bool { offset >= end }

    /// The error for octets that cannot be what they should be.
    var malformed: StateFileError { .malformed(offset: offset) }

    mutating func read<Value: FixedWidthInteger & UnsignedInteger>(_: Value.Type) throws(StateFileError) -> Value {
        var value: Value = 0
        let width = Value.bitWidth / 8
        guard end - offset >= width else { throw malformed }
        for _ in 0..<width {
            value = value << 8 | Value(truncatingIfNeeded: octets[offset])
            offset += 1
        }
        return value
    }

    /// Reads octets that have their number in front.
    mutating func readOctets(atMost limit: Int = .max) throws(StateFileError) -> ContiguousArray<UInt8> {
        let count = Int(try read(UInt32.self))
        guard count <= limit, count <= end - offset else { throw malformed }
        defer { offset += count }
        return ContiguousArray(octets[offset..<offset + count])
    }

    mutating func readText(atMost limit: Int = 1_024) throws(StateFileError) -> String {
        let octets = try readOctets(atMost: limit)
        guard let text = String(validating: octets, as: UTF8.self) else { throw malformed }
        return text
    }

    mutating func readAddress() throws(StateFileError) -> IPAddress {
        let high = try read(UInt64.self)
        return IPAddress(high: high, low: try read(UInt64.self))
    }

    /// Reads labels in wire form without a root label, `count` of them.
    mutating func readLabels(_ count: Int) throws(StateFileError) -> ContiguousArray<UInt8> {
        let wire = try readOctets(atMost: 64 * count)
        var offset = 0
        for _ in 0..<count {
            guard offset < wire.count, (1...63).contains(wire[offset]) else { throw malformed }
            offset += 1 + Int(wire[offset])
        }
        guard offset == wire.count else { throw malformed }
        return wire
    }
}
