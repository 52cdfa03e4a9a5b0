import DNSServer
import DNSWire
import Glibc

/// The names whose only address was asked for lately, in one worker, with the address.
///
/// The tables of a large cluster are larger than the processor's caches, and the way through them to one service touches a dozen
/// places of memory; here it is one. An entry is good for the snapshot that it was made from and no other.
///
/// Shape: sets of eight slots, of one cache line each; the hash of a name says which set, and sixteen bits of it, the tag, tell the
/// slots of a set apart. The tags of all sets stand together, and are few enough to stay in the processor's cache. A name that comes
/// later takes the place of one of its set. Pages that no name has come to take no memory.
@safe
final class RecentServices {
    private struct Slot {
        var hash: UInt64 = 0
        var version: UInt64 = 0
        var address: UInt32 = 0
        var length: UInt8 = 0
        var name = InlineArray<43, UInt8>(repeating: 0)
    }

    /// The tags of one set; 0 where there is no name.
    private typealias Tags = SIMD8<UInt16>

    /// The longest name that has room, in octets of wire form; few services have longer ones.
    static let longestName = 43
    /// How many names a set has.
    static let ways = 8
    /// 1 MiB of slots when all have been used, and 32 KiB of tags.
    private static let setCount = 2_048
    private static let lineSize = 64

    private let memory: UnsafeMutableRawPointer?
    /// Nil without memory, when nothing is ever known.
    private let slots: UnsafeMutablePointer<Slot>?
    private let tags: UnsafeMutablePointer<Tags>
    /// Which slot of a full set has to go next.
    private var next = 0

    init() {
        // The system's fresh pages are zero and are not touched before a name comes; a slot of length 0 has no name.
        unsafe memory = calloc(Self.setCount * Self.ways + 1, MemoryLayout<Slot>.stride)
        unsafe slots = memory?.alignedUp(toMultipleOf: Self.lineSize).bindMemory(
            to: Slot.self, capacity: Self.setCount * Self.ways)
        unsafe tags = .allocate(capacity: Self.setCount)
        unsafe tags.initialize(repeating: .zero, count: Self.setCount)
    }

    deinit {
        unsafe free(memory)
        unsafe tags.deallocate()
    }

    /// The address of `name` in the snapshot `version`, big-endian; nil when it is not known here.
    ///
    /// Shape: `name` in lower-case wire form; `hash` is its ``NameHash``.
    func address(of name: Span<UInt8>, hash: UInt64, version: UInt64) -> UInt32? {
        guard let slot = unsafe slot(of: hash), !name.isEmpty else { return nil }
        guard unsafe slot.pointee.hash == hash, unsafe slot.pointee.version == version,
            unsafe Int(slot.pointee.length) == name.count,
            unsafe slot.pointee.name.span.matches(0..<name.count, name, at: 0)
        else { return nil }
        return unsafe slot.pointee.address
    }

    /// Has the processor fetch what ``address(of:hash:version:)`` will look at.
    func prefetch(_ hash: UInt64) {
        if let slot = unsafe slot(of: hash) { unsafe DNSServer.prefetch(slot) }
    }

    /// Notes the address of `name` in the snapshot `version`; names that are too long are left out.
    func note(_ address: UInt32, of name: Span<UInt8>, hash: UInt64, version: UInt64) {
        guard let slots = unsafe slots, name.count <= Self.longestName, !name.isEmpty else { return }
        let set = Self.set(hash)
        let way = way(for: hash, in: set)
        unsafe tags[set][way] = Self.tag(hash)
        let slot = unsafe slots + (set &* Self.ways &+ way)
        unsafe slot.pointee.hash = hash
        unsafe slot.pointee.version = version
        unsafe slot.pointee.address = address
        unsafe slot.pointee.length = UInt8(truncatingIfNeeded: name.count)
        for index in 0..<name.count { unsafe slot.pointee.name[index] = name[index] }
    }

    // MARK: Places

    /// The slot with the tag of `hash`.
    private func slot(of hash: UInt64) -> UnsafeMutablePointer<Slot>? {
        let set = Self.set(hash)
        guard let slots = unsafe slots, let way = Self.way(of: Self.tag(hash), unsafe tags[set]) else { return nil }
        return unsafe slots + (set &* Self.ways &+ way)
    }

    /// Where in its set a name is to be noted: in its own place, in a free one, or in that of another.
    private func way(for hash: UInt64, in set: Int) -> Int {
        let tags = unsafe tags[set]
        if let way = Self.way(of: Self.tag(hash), tags) ?? Self.way(of: 0, tags) { return way }
        next = (next &+ 1) & (Self.ways &- 1)
        return next
    }

    private static func way(of tag: UInt16, _ tags: Tags) -> Int? {
        for way in 0..<ways where tags[way] == tag { return way }
        return nil
    }

    private static func set(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash) & (setCount &- 1)
    }

    /// Never 0.
    private static func tag(_ hash: UInt64) -> UInt16 {
        UInt16(truncatingIfNeeded: hash >> 48) | 1
    }
}
