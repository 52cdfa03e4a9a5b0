/// Which exchange waits for which message ID on one socket.
///
/// Shape: open addressing with linear probing over a power of two of slots, of which at most half are used. A slot is the ID in
/// the upper half and the exchange's number plus one in the lower; 0 is empty. IDs are random, so they are their own hash.
struct IdentifierTable {
    private var slots: ContiguousArray<UInt32>
    private(set) var count = 0

    /// Numbers of exchanges lie below this.
    static let numberLimit = 0xFFFF

    init() {
        slots = ContiguousArray(repeating: 0, count: 16)
    }

    var isEmpty: Bool { count == 0 }

    /// The exchange that waits for `id`, or nil.
    subscript(id: UInt16) -> Int? {
        guard let slot = find(id) else { return nil }
        return Int(slots[slot] & 0xFFFF) - 1
    }

    /// Takes in an ID that is not in use; `number` lies below ``numberLimit``.
    mutating func insert(_ id: UInt16, _ number: Int) {
        if (count + 1) * 2 > slots.count { grow() }
        place(UInt32(id) << 16 | UInt32(truncatingIfNeeded: number + 1) & 0xFFFF)
        count += 1
    }

    /// Forgets `id`; nothing happens when it is not there.
    mutating func remove(_ id: UInt16) {
        guard var gap = find(id) else { return }
        let mask = slots.count - 1
        slots[gap] = 0
        count -= 1
        var index = (gap + 1) & mask
        while slots[index] != 0 {
            if (index - home(slots[index])) & mask >= (index - gap) & mask {
                slots.swapAt(gap, index)
                gap = index
            }
            index = (index + 1) & mask
        }
    }

    /// Forgets everything and gives the exchanges that waited.
    mutating func removeAll() -> [Int] {
        let numbers = slots.filter { $0 != 0 }.map { Int($0 & 0xFFFF) - 1 }
        self = IdentifierTable()
        return numbers
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
