import Basics
import KubernetesClient

/// Writes the parts of a saved state, in network order.
struct StateEncoder {
    /// What was written and not taken yet.
    private(set) var octets: ContiguousArray<UInt8> = []

    mutating func write(_ value: some FixedWidthInteger & UnsignedInteger) {
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
            octets.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    /// Writes octets with their number in front.
    mutating func write(_ octets: some Collection<UInt8>) {
        write(UInt32(truncatingIfNeeded: octets.count))
        self.octets.append(contentsOf: octets)
    }

    /// Writes a text with its number of octets in front.
    mutating func write(_ text: String) {
        write(text.utf8)
    }

    mutating func write(_ address: IPAddress) {
        for index in 0..<16 { octets.append(address.byte(at: index)) }
    }

    /// Writes octets as they are.
    mutating func writeRaw(_ octets: some Collection<UInt8>) {
        self.octets.append(contentsOf: octets)
    }

    /// Lets go of what was written until now.
    mutating func removeAll() {
        octets.removeAll(keepingCapacity: true)
    }
}
