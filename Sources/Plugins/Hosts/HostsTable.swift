import Basics
import DNSWire

/// The entries of one hosts file, ready to be answered from; never changed.
///
/// Shape: names in wire form and lower case in one array, a hash table of indices over them, and the addresses of every name
/// as octets, so that a query looks up and copies without allocating.
final class HostsTable: Sendable {
    /// The addresses of one name: places in ``addresses``, a multiple of 4 or of 16 octets long.
    struct Entry: Sendable {
        let name: Range<Int>
        let v4: Range<Int>
        let v6: Range<Int>
    }

    static let empty = HostsTable(HostsFile())

    private let names: [UInt8]
    /// The octets of all addresses.
    let addresses: [UInt8]
    private let exact: Index
    /// `*.example.org` under the name `example.org`.
    private let wildcards: Index
    /// The names of an address in wire form, in the order of the file.
    private let reverse: [IPAddress: [Name]]
    /// Addresses of names and names of addresses together.
    let count: Int

    /// Makes the table of a file.
    init(_ file: HostsFile) {
        var storage = Storage()
        exact = Index(file.exact, &storage)
        wildcards = Index(file.wildcards, &storage)
        names = storage.names
        addresses = storage.addresses
        reverse = file.reverse
        count = file.count
    }

    /// Whether there is nothing in it.
    var isEmpty: Bool { count == 0 }

    /// The entry of `name` itself.
    ///
    /// Shape: `name` in lower case, uncompressed wire form.
    /// - Complexity: O(1).
    func entry(of name: Span<UInt8>) -> Entry? {
        exact.find(name, in: names)
    }

    /// The entry of the wildcard that `name` falls under: one label in its place, no more.
    func wildcard(for name: Span<UInt8>) -> Entry? {
        guard !wildcards.isEmpty, name[0] != 0 else { return nil }
        return wildcards.find(name.extracting((Int(name[0]) + 1)..<name.count), in: names)
    }

    /// The names of `address`.
    func names(of address: IPAddress) -> [Name]? {
        reverse[address]
    }

    /// What the indices point into, while it is filled.
    private struct Storage {
        var names: [UInt8] = []
        var addresses: [UInt8] = []

        mutating func add(_ name: Name, _ list: HostsFile.Addresses) -> Entry {
            Entry(
                name: Self.append(name.wire, to: &names), v4: Self.append(list.v4, to: &addresses),
                v6: Self.append(list.v6, to: &addresses))
        }

        private static func append(_ octets: [UInt8], to array: inout [UInt8]) -> Range<Int> {
            array += octets
            return (array.count - octets.count)..<array.count
        }
    }

    /// A hash table with open addressing, at most half full.
    private struct Index: Sendable {
        private var entries: [Entry] = []
        private var slots: [Int32] = []

        var isEmpty: Bool { entries.isEmpty }

        init(_ lists: [Name: HostsFile.Addresses], _ storage: inout Storage) {
            guard !lists.isEmpty else { return }
            var size = 8
            while size < lists.count * 2 { size *= 2 }
            slots = Array(repeating: -1, count: size)
            for (name, list) in lists {
                var slot = Int(truncatingIfNeeded: NameHash.hash(name.wire.span)) & (size - 1)
                while slots[slot] >= 0 { slot = (slot + 1) & (size - 1) }
                slots[slot] = Int32(entries.count)
                entries.append(storage.add(name, list))
            }
        }

        func find(_ name: Span<UInt8>, in names: [UInt8]) -> Entry? {
            guard !slots.isEmpty else { return nil }
            var slot = Int(truncatingIfNeeded: NameHash.hash(name)) & (slots.count - 1)
            while slots[slot] >= 0 {
                let entry = entries[Int(slots[slot])]
                if namesEqual(names.span.extracting(entry.name), name) { return entry }
                slot = (slot + 1) & (slots.count - 1)
            }
            return nil
        }
    }
}
