import DNSWire
import Glibc

/// The names whose only address was asked for lately, in one worker, with the address.
///
/// The tables of a large cluster are larger than the processor's caches, and the way through them to one service touches a dozen
/// places of memory; here it is one. An entry is good for the snapshot that it was made from and no other.
///
/// Shape: one cache line a name, at the place that its hash says; a name that comes later takes the place. Pages that no name has come
/// to take no memory.
@safe
final class RecentServices {
    private struct Slot {
        var hash: UInt64 = 0
        var version: UInt64 = 0
        var address: UInt32 = 0
        var length: UInt8 = 0
        var name = InlineArray<43, UInt8>(repeating: 0)
    }

    /// The longest name that has room, in octets of wire form; few services have longer ones.
    static let longestName = 43
    /// 1 MiB when all have been used.
    private static let count = 16_384
    private static let lineSize = 64

    private let memory: UnsafeMutableRawPointer?
    /// Nil without memory, when nothing is ever known.
    private let slots: UnsafeMutablePointer<Slot>?

    init() {
        // The system's fresh pages are zero and are not touched before a name comes; a slot of length 0 has no name.
        unsafe memory = calloc(Self.count + 1, MemoryLayout<Slot>.stride)
        unsafe slots = memory?.alignedUp(toMultipleOf: Self.lineSize).bindMemory(to: Slot.self, capacity: Self.count)
    }

    deinit {
        unsafe free(memory)
    }

    /// The address of `name` in the snapshot `version`, big-endian; nil when it is not known here.
    ///
    /// Shape: `name` in lower-case wire form; `hash` is its ``NameHash``.
    func address(of name: Span<UInt8>, hash: UInt64, version: UInt64) -> UInt32? {
        guard let slots = unsafe slots, !name.isEmpty else { return nil }
        let slot = unsafe slots + Self.place(hash)
        guard unsafe slot.pointee.hash == hash, unsafe slot.pointee.version == version,
            unsafe Int(slot.pointee.length) == name.count,
            unsafe slot.pointee.name.span.matches(0..<name.count, name, at: 0)
        else { return nil }
        return unsafe slot.pointee.address
    }

    /// Notes the address of `name` in the snapshot `version`; names that are too long are left out.
    func note(_ address: UInt32, of name: Span<UInt8>, hash: UInt64, version: UInt64) {
        guard let slots = unsafe slots, name.count <= Self.longestName, !name.isEmpty else { return }
        let slot = unsafe slots + Self.place(hash)
        unsafe slot.pointee.hash = hash
        unsafe slot.pointee.version = version
        unsafe slot.pointee.address = address
        unsafe slot.pointee.length = UInt8(truncatingIfNeeded: name.count)
        for index in 0..<name.count { unsafe slot.pointee.name[index] = name[index] }
    }

    private static func place(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash) & (count - 1)
    }
}
