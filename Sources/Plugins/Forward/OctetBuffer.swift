import DNSWire

/// Memory of a fixed size that one message at a time is received into or sent from.
@safe
final class OctetBuffer {
    private let base: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    /// Octets that are in use.
    private(set) var count = 0

    init(capacity: Int) {
        unsafe base = .allocate(capacity: capacity)
        unsafe base.initialize(repeating: 0, count: capacity)
        self.capacity = capacity
    }

    deinit {
        unsafe base.deallocate()
    }

    /// The octets in use.
    var span: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let span = unsafe Span(_unsafeStart: UnsafePointer(base), count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// All of the memory, to be written.
    var whole: MutableSpan<UInt8> {
        @_lifetime(borrow self)
        get {
            let span = unsafe MutableSpan(_unsafeStart: base, count: capacity)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Says how many octets were written into ``whole``.
    func use(_ count: Int) {
        self.count = max(0, min(count, capacity))
    }

    /// Takes a copy of `message` with another ID; what is longer than the memory is cut off.
    func load(_ message: Span<UInt8>, id: UInt16) {
        count = min(message.count, capacity)
        unsafe message.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            unsafe base.update(from: start, count: count)
        }
        guard count >= 2 else { return }
        unsafe base[0] = UInt8(truncatingIfNeeded: id >> 8)
        unsafe base[1] = UInt8(truncatingIfNeeded: id)
    }
}
