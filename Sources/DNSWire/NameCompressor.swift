/// The places in one outgoing message where names stand that later names may point to.
///
/// Shape: a table of 1,024 slots, each the generation and the offset of a name's suffix; a new message is a new
/// generation, so that nothing need be cleared. A full table only costs compression, never correctness.
@safe
final class NameCompressor {
    private static let slotCount = 1024
    /// How many slots are looked at before a suffix is left out.
    private static let probes = 8
    private let slots: UnsafeMutablePointer<UInt32>
    private var generation: UInt32 = 1

    init() {
        unsafe slots = .allocate(capacity: Self.slotCount)
        unsafe slots.initialize(repeating: 0, count: Self.slotCount)
    }

    deinit {
        unsafe slots.deallocate()
    }

    /// Forgets all names.
    func reset() {
        generation &+= 1
        if generation > 0xFFFF {
            unsafe slots.update(repeating: 0, count: Self.slotCount)
            generation = 1
        }
    }

    /// Where the suffix of `name` that starts at `start` stands in `message`, or nil.
    func find(_ name: Span<UInt8>, from start: Int, in message: Span<UInt8>) -> Int? {
        let home = Int(truncatingIfNeeded: NameHash.hash(name, in: start..<name.count))
        for probe in 0..<Self.probes {
            let slot = unsafe slots[(home &+ probe) & (Self.slotCount - 1)]
            guard slot >> 16 == generation else { return nil }
            let offset = Int(slot & 0xFFFF)
            if Self.nameMatches(name, from: start, message, at: offset) { return offset }
        }
        return nil
    }

    /// Remembers that the suffix of `name` from `start` stands at `offset` of the message.
    func insert(_ name: Span<UInt8>, from start: Int, offset: Int) {
        guard offset < 0x4000 else { return }
        let home = Int(truncatingIfNeeded: NameHash.hash(name, in: start..<name.count))
        for probe in 0..<Self.probes {
            let index = (home &+ probe) & (Self.slotCount - 1)
            if unsafe slots[index] >> 16 != generation {
                unsafe slots[index] = generation << 16 | UInt32(offset)
                return
            }
        }
    }

    /// Compares an uncompressed suffix with a name in the message, which this server wrote and which is therefore
    /// sound; the bounds are checked all the same.
    ///
    /// The case must be the same: who reads the message gets every name as it was written (RFC 4343 §4.2).
    private static func nameMatches(
        _ name: Span<UInt8>, from start: Int, _ message: Span<UInt8>, at offset: Int
    ) -> Bool {
        var position = start
        var place = offset
        var hops = 0
        while place < message.count {
            let octet = message[place]
            if octet & 0xC0 == 0xC0 {
                guard place + 1 < message.count, hops < 128 else { return false }
                hops += 1
                place = Int(octet & 0x3F) << 8 | Int(message[place + 1])
                continue
            }
            guard octet == name[position], place + Int(octet) < message.count else { return false }
            if octet == 0 { return position + 1 == name.count }
            for index in 1...Int(octet) where message[place + index] != name[position + index] {
                return false
            }
            place += Int(octet) + 1
            position += Int(octet) + 1
        }
        return false
    }
}
