import Basics
import HashTreeCollections
import KubernetesClient

/// Which names an address belongs to: services by cluster address or endpoint, or the namespaces of pods.
///
/// Shape: an address to the slots of a ``NameTable``. Whoever looks a slot up looks at its entries, so that a slot too many costs
/// time and never a wrong answer. Nearly all addresses have one slot, and large clusters have many addresses: so those with
/// several are kept apart.
struct AddressIndex: Sendable, Equatable {
    private var single: TreeDictionary<IPAddress, UInt64> = [:]
    /// Sorted slots, at least two for each address.
    private var several: TreeDictionary<IPAddress, ContiguousArray<UInt64>> = [:]

    /// The slots of `address`.
    ///
    /// - Complexity: O(log n).
    func slots(of address: IPAddress) -> ContiguousArray<UInt64> {
        if let slot = single[address] { return [slot] }
        return several.isEmpty ? [] : several[address] ?? []
    }

    /// Calls `body` with each slot of `address`, as long as it says to go on; nothing is allocated for it.
    ///
    /// - Complexity: O(log n) for the first one.
    func forEachSlot(of address: IPAddress, _ body: (UInt64) -> Bool) {
        if let slot = single[address] {
            _ = body(slot)
            return
        }
        guard !several.isEmpty, let slots = several[address] else { return }
        for slot in slots where !body(slot) { return }
    }

    /// Whether `address` has the slot.
    ///
    /// - Complexity: O(log n).
    func contains(_ slot: UInt64, for address: IPAddress) -> Bool {
        var isFound = false
        forEachSlot(of: address) {
            isFound = $0 == slot
            return !isFound
        }
        return isFound
    }

    mutating func insert(_ slot: UInt64, for address: IPAddress) {
        let former = single[address]
        guard former != slot else { return }
        if former == nil, several.isEmpty || several[address] == nil {
            single[address] = slot
            return
        }
        var all = slots(of: address)
        guard !all.contains(slot) else { return }
        all.append(slot)
        all.sort()
        replace(all, for: address)
    }

    mutating func remove(_ slot: UInt64, for address: IPAddress) {
        if let only = single[address] {
            if only == slot { single[address] = nil }
            return
        }
        replace(slots(of: address).filter { $0 != slot }, for: address)
    }

    private mutating func replace(_ slots: some Collection<UInt64>, for address: IPAddress) {
        single[address] = slots.count == 1 ? slots.first : nil
        if slots.count > 1 {
            several[address] = ContiguousArray(slots)
        } else if !several.isEmpty {
            several[address] = nil
        }
    }
}
