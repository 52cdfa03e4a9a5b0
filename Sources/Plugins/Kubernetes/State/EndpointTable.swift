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
    }

    let addresses: AddressList
    let items: ContiguousArray<Item>
    /// Labels with their length octets, lower case.
    let names: ContiguousArray<UInt8>
    let portTables: ContiguousArray<PortTable>
    /// The upper half of a label's hash and the number of an item, sorted; items of equal labels stand together.
    private let index: ContiguousArray<UInt64>

    /// Unites `slices`; nil when none of them has a ready endpoint.
    ///
    /// - Complexity: O(n log n) in endpoints.
    init?(_ slices: some Collection<SliceRecord>) {
        var builder = Builder()
        for slice in slices { builder.add(slice) }
        guard !builder.entries.isEmpty else { return nil }
        builder.arrange()
        addresses = AddressList(sorted: builder.entries.lazy.map(\.address))
        items = builder.items()
        portTables = builder.portTables
        names = builder.names.trimmed
        index = Self.makeIndex(items, names)
    }

    static func == (left: EndpointTable, right: EndpointTable) -> Bool {
        left.addresses == right.addresses && left.portTables == right.portTables
            && left.items.elementsEqual(right.items) { first, second in
                first.address == second.address && first.ports == second.ports
                    && left.label(first).elementsEqual(right.label(second))
            }
    }

    /// The label of an item, with its length octet.
    func label(_ item: Item) -> ArraySlice<UInt8> { names[labelRange(item)] }

    /// Where the label of an item lies in ``names``, length octet included.
    func labelRange(_ item: Item) -> Range<Int> {
        let start = Int(item.name)
        return start..<start &+ 1 &+ Int(names[start])
    }

    // MARK: By name

    /// How many entries the index has: one an item.
    var indexCount: Int { index.count }

    /// The item at a place of the index, in which items of equal labels stand together, sorted by address.
    func indexedItem(_ place: Int) -> Item { items[Int(UInt32(truncatingIfNeeded: index[place]))] }

    /// The places in the index of the items whose label stands at `start` of `question`; empty when there are none.
    ///
    /// - Complexity: O(log n) plus the number of items found.
    func places(of question: Span<UInt8>, at start: Int) -> Range<Int> {
        let range = start..<start &+ 1 &+ Int(question[start])
        let hash = NameHash.hash(question, in: range) >> 32
        var low = firstPlace(hash)
        while low < index.count, index[low] >> 32 == hash, !matches(indexedItem(low), question, range) { low &+= 1 }
        var high = low
        while high < index.count, index[high] >> 32 == hash, matches(indexedItem(high), question, range) { high &+= 1 }
        return low..<high
    }

    /// Behind the places from `place` on whose items have the same label.
    func endOfGroup(at place: Int) -> Int {
        let names = self.names
        let range = labelRange(indexedItem(place))
        var end = place &+ 1
        while end < index.count, index[end] >> 32 == index[place] >> 32, matches(indexedItem(end), names.span, range) {
            end &+= 1
        }
        return end
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

    private func matches(_ item: Item, _ octets: Span<UInt8>, _ range: Range<Int>) -> Bool {
        let own = labelRange(item)
        guard own.count == range.count else { return false }
        for offset in 0..<own.count
        where names[own.lowerBound &+ offset] != octets[range.lowerBound &+ offset] { return false }
        return true
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

    private static func makeIndex(
        _ items: ContiguousArray<Item>, _ names: ContiguousArray<UInt8>
    ) -> ContiguousArray<UInt64> {
        var index: ContiguousArray<UInt64> = []
        index.reserveCapacity(items.count)
        for (number, item) in items.enumerated() {
            let start = Int(item.name)
            let hash = NameHash.hash(names.span, in: start..<start + 1 + Int(names[start]))
            index.append((hash & ~0xFFFF_FFFF) | UInt64(number))
        }
        index.sort()
        separate(&index, items, names)
        return index
    }

    /// Sorts runs of one hash by label, so that equal labels stand together even when different ones share a hash.
    private static func separate(
        _ index: inout ContiguousArray<UInt64>, _ items: ContiguousArray<Item>, _ names: ContiguousArray<UInt8>
    ) {
        func label(_ entry: UInt64) -> ArraySlice<UInt8> {
            let start = Int(items[Int(UInt32(truncatingIfNeeded: entry))].name)
            return names[start..<start + 1 + Int(names[start])]
        }
        var start = 0
        while start < index.count {
            var end = start + 1
            while end < index.count, index[end] >> 32 == index[start] >> 32 { end += 1 }
            if end - start > 1 {
                index[start..<end].sort {
                    let (left, right) = (label($0), label($1))
                    return left == right ? $0 < $1 : left.lexicographicallyPrecedes(right)
                }
            }
            start = end
        }
    }
}

/// Brings the endpoints of several slices into one order.
private struct Builder {
    struct Entry {
        let address: ClusterAddress
        let name: UInt32
        var ports: UInt16
    }

    private(set) var entries: ContiguousArray<Entry> = []
    private(set) var names: ContiguousArray<UInt8> = []
    private(set) var portTables: ContiguousArray<PortTable> = []

    mutating func add(_ slice: SliceRecord) {
        guard !slice.endpoints.isEmpty, let ports = number(of: slice.ports) else { return }
        slice.forEach(naming: &names) { address, name in
            guard let name = UInt32(exactly: name) else { return }
            entries.append(Entry(address: address, name: name, ports: ports))
        }
    }

    private mutating func number(of ports: PortTable) -> UInt16? {
        if let known = portTables.firstIndex(of: ports) { return UInt16(exactly: known) }
        portTables.append(ports)
        return UInt16(exactly: portTables.count - 1)
    }

    /// Sorts ports and entries, so that the same endpoints always make the same table, and leaves out duplicates.
    mutating func arrange() {
        let order = portTables.indices.sorted {
            portTables[$0].octets.lexicographicallyPrecedes(portTables[$1].octets)
        }
        var places = [UInt16](repeating: 0, count: order.count)
        for (place, former) in order.enumerated() { places[former] = UInt16(truncatingIfNeeded: place) }
        portTables = ContiguousArray(order.map { portTables[$0] })
        for index in entries.indices { entries[index].ports = places[Int(entries[index].ports)] }
        let names = self.names
        entries.sort { Self.precedes($0, $1, names) }
        var kept: ContiguousArray<Entry> = []
        kept.reserveCapacity(entries.count)
        for entry in entries {
            if let last = kept.last, !Self.precedes(last, entry, names) { continue }
            kept.append(entry)
        }
        entries = kept
    }

    private static func precedes(_ left: Entry, _ right: Entry, _ names: ContiguousArray<UInt8>) -> Bool {
        if left.address != right.address { return AddressList.precedes(left.address, right.address) }
        let (first, second) = (label(left, names), label(right, names))
        return first == second ? left.ports < right.ports : first.lexicographicallyPrecedes(second)
    }

    private static func label(_ entry: Entry, _ names: ContiguousArray<UInt8>) -> ArraySlice<UInt8> {
        let start = Int(entry.name)
        return names[start..<start + 1 + Int(names[start])]
    }

    /// The entries with numbers of addresses in place of addresses.
    func items() -> ContiguousArray<EndpointTable.Item> {
        var items: ContiguousArray<EndpointTable.Item> = []
        items.reserveCapacity(entries.count)
        var number: UInt32 = 0
        for (index, entry) in entries.enumerated() {
            if index > 0, entry.address != entries[index - 1].address { number += 1 }
            items.append(EndpointTable.Item(address: number, name: entry.name, ports: entry.ports))
        }
        return items
    }
}
