import DNSWire
import HashTreeCollections

/// What a ``NameTable`` holds: something that knows its own name.
protocol NamedEntry: AnyObject, Sendable {
    /// The labels in lower-case wire form, without a root label.
    var wire: ContiguousArray<UInt8> { get }
}

/// A persistent table by labels: the old table stays whole when a new one is made from it.
///
/// Shape: entries by a seeded 64-bit hash of their labels. The entry found is compared octet by octet, and names that share a
/// hash share a slot, so that a collision costs time and never a wrong answer.
///
/// - Complexity: lookup and change are O(log n).
struct NameTable<Entry: NamedEntry>: Sendable {
    private enum Slot: Sendable {
        case one(Entry)
        case several(ContiguousArray<Entry>)
    }

    private var slots: TreeDictionary<UInt64, Slot> = [:]
    /// The bits of the hash that are used; fewer only where collisions are to be had.
    private let mask: UInt64

    init(mask: UInt64 = .max) {
        self.mask = mask
    }

    /// The entry whose labels are the lower-case octets `range` of `octets`.
    func find(_ octets: Span<UInt8>, _ range: Range<Int>) -> Entry? {
        switch slots[slot(of: octets, range)] {
        case nil: nil
        case .one(let entry): Self.matches(entry, octets, range) ? entry : nil
        case .several(let entries): entries.first { Self.matches($0, octets, range) }
        }
    }

    /// The entry whose labels are `wire`.
    func find(_ wire: ContiguousArray<UInt8>) -> Entry? {
        find(wire.span, 0..<wire.count)
    }

    /// The entries that share the slot `hash`.
    func entries(inSlot hash: UInt64) -> ContiguousArray<Entry> {
        switch slots[hash] {
        case nil: []
        case .one(let entry): [entry]
        case .several(let entries): entries
        }
    }

    /// Calls `body` with the entries that share the slot `hash`; nothing is allocated for it.
    func forEachEntry(inSlot hash: UInt64, _ body: (Entry) -> Void) {
        switch slots[hash] {
        case nil: break
        case .one(let entry): body(entry)
        case .several(let entries): for entry in entries { body(entry) }
        }
    }

    /// The slot that the lower-case labels `range` of `octets` belong to.
    func slot(of octets: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        NameHash.hash(octets, in: range) & mask
    }

    /// The slot that `wire` belongs to.
    func slot(of wire: ContiguousArray<UInt8>) -> UInt64 {
        slot(of: wire.span, 0..<wire.count)
    }

    /// All entries, in no order.
    var entries: [Entry] {
        slots.values.flatMap { slot in
            switch slot {
            case .one(let entry): [entry]
            case .several(let entries): Array(entries)
            }
        }
    }

    /// Puts `entry` in, in place of one of the same name.
    mutating func insert(_ entry: Entry) {
        let hash = slot(of: entry.wire)
        let others = entries(inSlot: hash).filter { $0.wire != entry.wire }
        slots[hash] = others.isEmpty ? .one(entry) : .several(ContiguousArray(others + [entry]))
    }

    /// Takes the entry with the labels `wire` out.
    mutating func remove(_ wire: ContiguousArray<UInt8>) {
        let hash = slot(of: wire)
        let others = entries(inSlot: hash).filter { $0.wire != wire }
        switch others.count {
        case 0: slots[hash] = nil
        case 1: slots[hash] = .one(others[0])
        default: slots[hash] = .several(ContiguousArray(others))
        }
    }

    private static func matches(_ entry: Entry, _ octets: Span<UInt8>, _ range: Range<Int>) -> Bool {
        let wire = entry.wire.span
        guard wire.count == range.count else { return false }
        for index in 0..<wire.count where wire[index] != octets[range.lowerBound &+ index] { return false }
        return true
    }
}

/// Texts of Kubernetes objects as DNS labels.
enum WireLabel {
    /// Length octet and lower-case octets of `text`; nil when it cannot be a label.
    static func encode(_ text: String) -> ContiguousArray<UInt8>? {
        let utf8 = text.utf8
        guard (1...63).contains(utf8.count) else { return nil }
        var wire: ContiguousArray<UInt8> = []
        wire.reserveCapacity(utf8.count + 1)
        wire.append(UInt8(truncatingIfNeeded: utf8.count))
        for octet in utf8 { wire.append(lowercased(octet)) }
        return wire
    }

    /// The labels `first` and `second` one behind the other; nil when one of them cannot be a label.
    static func encode(_ first: String, _ second: String) -> ContiguousArray<UInt8>? {
        guard var wire = encode(first), let other = encode(second) else { return nil }
        wire.append(contentsOf: other)
        return wire
    }

    /// The text of the labels, with dots between them; for logs.
    static func text(_ wire: ContiguousArray<UInt8>) -> String {
        Name(uncheckedWire: Array(wire) + [0]).text
    }
}

extension ContiguousArray<UInt8> {
    /// The same octets in a buffer that is no larger than they are.
    var trimmed: ContiguousArray<UInt8> {
        var exact: ContiguousArray<UInt8> = []
        exact.reserveCapacity(count)
        exact.append(contentsOf: self)
        return exact
    }
}
