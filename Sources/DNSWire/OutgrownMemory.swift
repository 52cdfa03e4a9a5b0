/// Buffers that larger ones have taken the place of, kept for those who may still be reading them.
///
/// A message lends its octets as spans, and nothing says that it may not grow meanwhile: the checks for that (SE-0176) cost too much on
/// the way of a query and are off. So what is outgrown stays until nobody can have a span of it any more: a span cannot be stored, and
/// whoever has one is still running. A worker frees at the end of its turn, when nothing of its own runs.
@safe
@usableFromInline
package final class OutgrownMemory {
    private var buffers: ContiguousArray<UnsafeMutablePointer<UInt8>>
    /// Whether there is a buffer; nearly always there is none, and a worker asks at the end of each turn.
    @usableFromInline var hasAny = false

    package init() {
        unsafe buffers = []
    }

    deinit {
        free()
    }

    /// Takes over `buffer`.
    @unsafe
    package func keep(_ buffer: UnsafeMutablePointer<UInt8>) {
        unsafe buffers.append(buffer)
        hasAny = true
    }

    /// Frees what there is.
    @inlinable
    package func free() {
        if hasAny { freeAll() }
    }

    @usableFromInline
    func freeAll() {
        hasAny = false
        for index in 0..<count { unsafe buffers[index].deallocate() }
        unsafe buffers.removeAll(keepingCapacity: true)
    }

    /// How many buffers there are.
    package var count: Int { unsafe buffers.count }
}
