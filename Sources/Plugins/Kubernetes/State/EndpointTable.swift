import DNSWire

/// The ready endpoints of one service: the union of its slices without duplicates, as one picture.
///
/// Shape: flat arrays without an object or a text per endpoint. `addresses` are ready to be copied into a reply; `items` are
/// sorted by address, then name; `index` finds the items of a name.
final class EndpointTable: Sendable, Equatable {
    /// One endpoint: an address, the name it has below the service, and its ports.
    struct Item: Sendable, Equatable {
        /// The number of the address in ``EndpointTable/addresses``.
        let address: UInt32
        /// Where its label starts in ``EndpointTable/names``.
        let name: UInt32
        /// The number of its ports in ``EndpointTable/portTables``.
        let ports: UInt16
        /// The number of its group in ``EndpointTable/groups``, counted from 1; 0 for none.
        let group: UInt16
    }

    let addresses: AddressList
    let items: ContiguousArray<Item>
    /// Labels with their length octets, lower case.
    let names: ContiguousArray<UInt8>
    let portTables: ContiguousArray<PortTable>
    /// How many items have each of the port tables; empty when there is one, which all have.
    private let portTableUses: ContiguousArray<UInt32>
    /// The topology zones of the endpoints, or the clusters they were imported from: labels in lower-case wire form without a
    /// root label, sorted.
    let groups: ContiguousArray<ContiguousArray<UInt8>>
    /// Whether the endpoints come from other clusters: their cluster is then a part of their name.
    let isImported: Bool
    /// The upper half of a label's hash and the number of an item, sorted; items of equal names stand together.
    private let index: ContiguousArray<UInt64>

    /// Unites `slices`; nil when none of them has a ready endpoint.
    ///
    /// - Complexity: O(n log n) in endpoints.
    init?(_ slices: some Collection<SliceRecord>) {
        var builder = EndpointTableBuilder()
        for slice in slices { builder.add(slice) }
        guard !builder.entries.isEmpty else { return nil }
        builder.arrange()
        addresses = AddressList(sorted: builder.entries.lazy.map(\.address))
        items = builder.items()
        portTables = builder.portTables
        portTableUses = builder.portTableUses()
        groups = builder.groups
        isImported = builder.isImported
        names = builder.names.trimmed
        index = builder.index(of: items)
    }

    static func == (left: EndpointTable, right: EndpointTable) -> Bool {
        left.addresses == right.addresses && left.portTables == right.portTables && left.groups == right.groups
            && left.isImported == right.isImported
            && left.items.elementsEqual(right.items) { first, second in
                first.address == second.address && first.ports == second.ports && first.group == second.group
                    && left.label(first).elementsEqual(right.label(second))
            }
    }

    /// How many items have the port table of a number.
    func uses(ofPortTable number: Int) -> Int {
        portTableUses.isEmpty ? items.count : Int(portTableUses[number])
    }

    /// The label of an item, with its length octet.
    func label(_ item: Item) -> ArraySlice<UInt8> { names[labelRange(item)] }

    /// Where the label of an item lies in ``names``, length octet included.
    func labelRange(_ item: Item) -> Range<Int> {
        let start = Int(item.name)
        return start..<start &+ 1 &+ Int(names[start])
    }

    /// The label of the cluster that an item comes from, which stands behind its own in its name; nil for one of this cluster.
    func cluster(_ item: Item) -> ContiguousArray<UInt8>? {
        isImported && item.group > 0 ? groups[Int(item.group) &- 1] : nil
    }

    // MARK: By name

    /// How many entries the index has: one an item.
    var indexCount: Int { index.count }

    /// The item at a place of the index, in which items of equal names stand together, sorted by address.
    func indexedItem(_ place: Int) -> Item { items[Int(UInt32(truncatingIfNeeded: index[place]))] }

    /// The places in the index of the items with a name; empty when there are none.
    ///
    /// - Parameters:
    ///   - start: where the item's label stands in `question`.
    ///   - group: the cluster of imported endpoints; 0 for those without one.
    /// - Complexity: O(log n) plus the number of items with the label.
    func places(of question: Span<UInt8>, at start: Int, inGroup group: UInt16 = 0) -> Range<Int> {
        let range = start..<start &+ 1 &+ Int(question[start])
        let hash = NameHash.hash(question, in: range) >> 32
        var low = firstPlace(hash)
        while low < index.count, index[low] >> 32 == hash, !matches(indexedItem(low), question, range, group) {
            low &+= 1
        }
        var high = low
        while high < index.count, index[high] >> 32 == hash, matches(indexedItem(high), question, range, group) {
            high &+= 1
        }
        return low..<high
    }

    /// Behind the places from `place` on whose items have the same name.
    func endOfGroup(at place: Int) -> Int {
        var end = place &+ 1
        while end < index.count, isSameName(end, place) { end &+= 1 }
        return end
    }

    /// The first of the places around `place` whose items have the same name.
    func startOfGroup(at place: Int) -> Int {
        var start = place
        while start > 0, isSameName(start &- 1, place) { start &-= 1 }
        return start
    }

    private func isSameName(_ place: Int, _ other: Int) -> Bool {
        guard index[place] >> 32 == index[other] >> 32 else { return false }
        let (names, item) = (self.names, indexedItem(other))
        return matches(indexedItem(place), names.span, labelRange(item), item.group)
    }

    private func firstPlace(_ hash: UInt64) -> Int {
        var low = 0
        var high = index.count
        while low < high {
            let middle = (low &+ high) / 2
            if index[middle] >> 32 < hash { low = middle &+ 1 } else { high = middle }
        }
        return low
    }

    /// Whether an item's name is the label `range` of `octets`, and for imported items the cluster of number `group`.
    private func matches(_ item: Item, _ octets: Span<UInt8>, _ range: Range<Int>, _ group: UInt16) -> Bool {
        let own = labelRange(item)
        guard own.count == range.count, !isImported || item.group == group else { return false }
        for offset in 0..<own.count
        where names[own.lowerBound &+ offset] != octets[range.lowerBound &+ offset] { return false }
        return true
    }

    // MARK: By group

    /// The number of the zone or cluster whose labels are `range` of `question`, without a root label; nil when no item has it.
    ///
    /// - Complexity: O(log n) in groups.
    func group(of question: Span<UInt8>, _ range: Range<Int>) -> UInt16? {
        var low = 0
        var high = groups.count
        while low < high {
            let middle = (low &+ high) / 2
            switch Self.order(groups[middle], question, range) {
            case 0: return UInt16(truncatingIfNeeded: middle &+ 1)
            case ..<0: low = middle &+ 1
            default: high = middle
            }
        }
        return nil
    }

    /// Below, at or above 0 as `group` comes before, is, or comes after the octets `range` of `question`.
    private static func order(
        _ group: ContiguousArray<UInt8>, _ question: Span<UInt8>, _ range: Range<Int>
    ) -> Int {
        for offset in 0..<min(group.count, range.count) {
            let (own, other) = (group[offset], question[range.lowerBound &+ offset])
            if own != other { return own < other ? -1 : 1 }
        }
        return group.count &- range.count
    }

    // MARK: By address

    /// The items with the address of a number.
    func items(withAddress number: Int) -> ArraySlice<Item> {
        var low = 0
        var high = items.count
        while low < high {
            let middle = (low &+ high) / 2
            if Int(items[middle].address) < number { low = middle &+ 1 } else { high = middle }
        }
        var end = low
        while end < items.count, Int(items[end].address) == number { end &+= 1 }
        return items[low..<end]
    }
}
