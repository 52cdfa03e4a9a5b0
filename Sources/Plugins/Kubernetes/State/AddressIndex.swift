import HashTreeCollections

/// Which names an address belongs to: services by cluster address or endpoint, or the namespaces of pods.
///
/// Shape: an address to the slots of a ``NameTable``. Whoever looks a slot up looks at its entries, so that a slot too many costs
/// time and never a wrong answer.
struct AddressIndex: Sendable, Equatable {
    private enum Slots: Sendable, Equatable {
        case one(UInt64)
        /// Sorted.
        case several(ContiguousArray<UInt64>)
    }

    private var slots: TreeDictionary<ClusterAddress, Slots> = [:]

    /// The slots of `address`.
    ///
    /// - Complexity: O(log n).
    func slots(of address: ClusterAddress) -> ContiguousArray<UInt64> {
        switch slots[address] {
        case nil: []
        case .one(let slot): [slot]
        case .several(let slots): slots
        }
    }

    mutating func insert(_ slot: UInt64, for address: ClusterAddress) {
        var all = slots(of: address)
        guard !all.contains(slot) else { return }
        all.append(slot)
        all.sort()
        slots[address] = all.count == 1 ? .one(slot) : .several(all)
    }

    mutating func remove(_ slot: UInt64, for address: ClusterAddress) {
        let others = slots(of: address).filter { $0 != slot }
        switch others.count {
        case 0: slots[address] = nil
        case 1: slots[address] = .one(others[0])
        default: slots[address] = .several(ContiguousArray(others))
        }
    }
}
