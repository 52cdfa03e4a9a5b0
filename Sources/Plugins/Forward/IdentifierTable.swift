/// Which exchange waits for which message ID on one socket, and which IDs were used on it before.
///
/// An ID that nobody waits for any more is kept, for as long as the socket is: a reply that comes late is told from one that is made up.
///
/// Shape: open addressing with linear probing over a power of two of slots, of which at most half are used. A slot is the ID in
/// the upper half and the exchange's number plus one in the lower, or all ones when nobody waits; 0 is empty. IDs are random, so they
/// are their own hash.
struct IdentifierTable {
    private var slots: ContiguousArray<UInt32>
    /// How many are waited for.
    private(set) var count = 0
    /// How many were used.
    private var used = 0

    /// Numbers of exchanges lie below this.
    static let numberLimit = 0xFFFE
    private static let nobody: UInt32 = 0xFFFF

    /// Room for as many as a socket is used for.
    private static let initialSlots = 512

    init() {
        slots = ContiguousArray(repeating: 0, count: Self.initialSlots)
    }

    var isEmpty: Bool { count == 0 }

    /// The exchange that waits for `id`, or nil.
    subscript(id: UInt16) -> Int? {
        guard let slot = find(id), slots[slot] & 0xFFFF != Self.nobody else { return nil }
        return Int(slots[slot] & 0xFFFF) - 1
    }

    /// Whether `id` was ever used.
    func contains(_ id: UInt16) -> Bool { find(id) != nil }

    /// The exchanges that wait, in no order; once for each ID.
    var numbers: [Int] {
        slots.compactMap { $0 == 0 || $0 & 0xFFFF == Self.nobody ? nil : Int($0 & 0xFFFF) - 1 }
    }

    /// Takes in an ID that was never used; `number` lies below ``numberLimit``.
    mutating func insert(_ id: UInt16, _ number: Int) {
        if (used + 1) * 2 > slots.count { grow() }
        place(UInt32(id) << 16 | UInt32(truncatingIfNeeded: number + 1) & 0xFFFF)
        used += 1
        count += 1
    }

    /// Nobody waits for `id` any more; nothing happens when nobody did.
    mutating func release(_ id: UInt16) {
        guard let slot = find(id), slots[slot] & 0xFFFF != Self.nobody else { return }
        slots[slot] |= Self.nobody
        count -= 1
    }

    private func home(_ slot: UInt32) -> Int {
        Int(slot >> 16) & (slots.count - 1)
    }

    private func find(_ id: UInt16) -> Int? {
        let mask = slots.count - 1
        var index = Int(id) & mask
        while slots[index] != 0 {
            if slots[index] >> 16 == UInt32(id) { return index }
            index = (index + 1) & mask
        }
        return nil
    }

    private mutating func place(_ slot: UInt32) {
        var index = home(slot)
        while slots[index] != 0 { index = (index + 1) & (slots.count - 1) }
        slots[index] = slot
    }

    private mutating func grow() {
        let former = slots
        slots = ContiguousArray(repeating: 0, count: former.count * 2)
        for slot in former where slot != 0 { place(slot) }
    }
}
