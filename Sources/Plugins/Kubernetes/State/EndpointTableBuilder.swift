import Basics
import DNSWire

/// Brings the endpoints of several slices into one order, from which an ``EndpointTable`` is made.
struct EndpointTableBuilder {
    /// An endpoint on its way into a table.
    struct Entry {
        let address: IPAddress
        let name: UInt32
        var ports: UInt16
        var group: UInt16
    }

    private(set) var entries: ContiguousArray<Entry> = []
    private(set) var names: ContiguousArray<UInt8> = []
    private(set) var portTables: ContiguousArray<PortTable> = []
    private(set) var groups: ContiguousArray<ContiguousArray<UInt8>> = []
    private(set) var isImported = false

    mutating func add(_ slice: SliceRecord) {
        guard !slice.endpoints.isEmpty, let ports = Self.number(of: slice.ports, in: &portTables) else { return }
        isImported = isImported || slice.isImported
        // A group too many is none: the endpoint is still there.
        if entries.isEmpty {
            // Nearly all services have one slice, and nearly all endpoints five octets in it.
            entries.reserveCapacity(slice.endpoints.count / 5)
            names.reserveCapacity(3 * slice.endpoints.count)
        }
        let numbers =
            slice.groups.isEmpty ? [] : slice.groupNames.map { Self.number(of: $0, in: &groups).map { $0 &+ 1 } ?? 0 }
        slice.forEach(naming: &names) { address, name, group in
            guard let name = UInt32(exactly: name) else { return }
            entries.append(
                Entry(
                    address: address, name: name, ports: ports,
                    group: group.map { $0 < numbers.count ? numbers[$0] : 0 } ?? 0))
        }
    }

    /// The place of `element` in `list`, where it is added if it is new; nil when the list is full.
    private static func number<Element: Equatable>(
        of element: Element, in list: inout ContiguousArray<Element>
    ) -> UInt16? {
        if let known = list.firstIndex(of: element) { return UInt16(exactly: known) }
        guard list.count < UInt16.max else { return nil }
        list.append(element)
        return UInt16(exactly: list.count - 1)
    }

    /// Sorts ports, groups and entries, so that the same endpoints always make the same table, and leaves out duplicates.
    mutating func arrange() {
        let ports = Self.sort(&portTables) { $0.octets.lexicographicallyPrecedes($1.octets) }
        let groups = Self.sort(&groups) { $0.lexicographicallyPrecedes($1) }
        for index in entries.indices {
            entries[index].ports = ports[Int(entries[index].ports)]
            let group = entries[index].group
            if group > 0 { entries[index].group = groups[Int(group) - 1] + 1 }
        }
        let names = self.names
        entries.sort { Self.precedes($0, $1, names) }
        guard entries.count > 1,
            (1..<entries.count).contains(where: { !Self.precedes(entries[$0 - 1], entries[$0], names) })
        else { return }
        var kept: ContiguousArray<Entry> = []
        kept.reserveCapacity(entries.count)
        for entry in entries {
            if let last = kept.last, !Self.precedes(last, entry, names) { continue }
            kept.append(entry)
        }
        entries = kept
    }

    /// Sorts `list`.
    ///
    /// - Returns: the new place of each element, by its former one.
    private static func sort<Element>(
        _ list: inout ContiguousArray<Element>, _ precedes: (Element, Element) -> Bool
    ) -> [UInt16] {
        guard list.count > 1 else { return [UInt16](repeating: 0, count: list.count) }
        let order = list.indices.sorted { precedes(list[$0], list[$1]) }
        var places = [UInt16](repeating: 0, count: order.count)
        for (place, former) in order.enumerated() { places[former] = UInt16(truncatingIfNeeded: place) }
        list = ContiguousArray(order.map { list[$0] })
        return places
    }

    private static func precedes(_ left: Entry, _ right: Entry, _ names: ContiguousArray<UInt8>) -> Bool {
        if left.address != right.address { return AddressList.precedes(left.address, right.address) }
        let (first, second) = (label(left, names), label(right, names))
        if first != second { return first.lexicographicallyPrecedes(second) }
        return left.ports == right.ports ? left.group < right.group : left.ports < right.ports
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
            items.append(
                EndpointTable.Item(address: number, name: entry.name, ports: entry.ports, group: entry.group))
        }
        return items
    }

    /// How many entries have each of the port tables; empty when there is one.
    func portTableUses() -> ContiguousArray<UInt32> {
        guard portTables.count > 1 else { return [] }
        var uses = ContiguousArray<UInt32>(repeating: 0, count: portTables.count)
        for entry in entries { uses[Int(entry.ports)] += 1 }
        return uses
    }

    // MARK: The index

    /// The upper half of each item's label's hash and its number, sorted, so that items of equal names stand together.
    func index(of items: ContiguousArray<EndpointTable.Item>) -> ContiguousArray<UInt64> {
        var index: ContiguousArray<UInt64> = []
        index.reserveCapacity(items.count)
        for (number, item) in items.enumerated() {
            let start = Int(item.name)
            let hash = NameHash.hash(names.span, in: start..<start + 1 + Int(names[start]))
            index.append((hash & ~0xFFFF_FFFF) | UInt64(number))
        }
        index.sort()
        separate(&index, items)
        return index
    }

    /// Sorts runs of one hash by name: different labels can share a hash, and imported endpoints are named with their cluster.
    private func separate(_ index: inout ContiguousArray<UInt64>, _ items: ContiguousArray<EndpointTable.Item>) {
        var start = 0
        while start < index.count {
            var end = start + 1
            while end < index.count, index[end] >> 32 == index[start] >> 32 { end += 1 }
            if end - start > 1 {
                index[start..<end].sort { left, right in
                    let (first, second) = (UInt32(truncatingIfNeeded: left), UInt32(truncatingIfNeeded: right))
                    return precedesByName(items[Int(first)], items[Int(second)]) ?? (first < second)
                }
            }
            start = end
        }
    }

    /// Whether `left` comes before `right` by name; nil when they have the same.
    private func precedesByName(_ left: EndpointTable.Item, _ right: EndpointTable.Item) -> Bool? {
        func label(_ item: EndpointTable.Item) -> ArraySlice<UInt8> {
            names[Int(item.name)..<Int(item.name) + 1 + Int(names[Int(item.name)])]
        }
        let (first, second) = (label(left), label(right))
        if first != second { return first.lexicographicallyPrecedes(second) }
        return isImported && left.group != right.group ? left.group < right.group : nil
    }
}
