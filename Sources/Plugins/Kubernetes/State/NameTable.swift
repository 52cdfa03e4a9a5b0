import DNSServer
import DNSWire

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
    private var trie: HashTrie<Entry>
    /// The bits of the hash that are used; fewer only where collisions are to be had.
    private let mask: UInt64

    init(mask: UInt64 = .max) {
        self.mask = mask
        trie = HashTrie { NameHash.hash($0.wire.span) & mask }
    }

    /// The entry whose labels are the lower-case octets `range` of `octets`; not counted, the table keeps it.
    func lookUp(_ octets: Span<UInt8>, _ range: Range<Int>) -> Uncounted<Entry>? {
        trie.find(slot(of: octets, range)) { entry in
            let wire = entry.wire
            return wire.count == range.count && wire.span.matches(0..<wire.count, octets, at: range.lowerBound)
        }
    }

    /// The entry whose labels are the lower-case octets `range` of `octets`.
    func find(_ octets: Span<UInt8>, _ range: Range<Int>) -> Entry? {
        lookUp(octets, range)?.object
    }

    /// The entry whose labels are `wire`.
    func find(_ wire: ContiguousArray<UInt8>) -> Entry? {
        find(wire.span, 0..<wire.count)
    }

    /// The entries that share the slot `hash`.
    func entries(inSlot hash: UInt64) -> [Entry] {
        var found: [Entry] = []
        trie.forEach(hash) { found.append($0) }
        return found
    }

    /// Calls `body` with each entry that shares the slot `hash`; nothing is allocated for it.
    func forEachEntry(inSlot hash: UInt64, _ body: (Entry) -> Void) {
        trie.forEach(hash, body)
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
        var all: [Entry] = []
        trie.forEach { all.append($0) }
        return all
    }

    /// Calls `body` with every entry, in no order.
    func forEachEntry(_ body: (Entry) -> Void) {
        trie.forEach(body)
    }

    /// Puts `entry` in, in place of one of the same name.
    mutating func insert(_ entry: Entry) {
        trie.insert(entry) { $0.wire == entry.wire }
    }

    /// Takes the entry with the labels `wire` out.
    mutating func remove(_ wire: ContiguousArray<UInt8>) {
        trie.remove(slot(of: wire)) { $0.wire == wire }
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
