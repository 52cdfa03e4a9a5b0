import CDatagram

/// Random numbers that nobody can foretell from those that he has seen: message IDs, and the case of letters.
///
/// They are the kernel's own, fetched a batch at a time, and each is forgotten when it is given out. ``RandomSource`` is faster, but who
/// has seen enough of its numbers knows those that follow.
package struct SecretSource {
    private static let batch = 32
    private var numbers = InlineArray<32, UInt64>(repeating: 0)
    private var left = 0

    package init() {}

    /// 64 random bits.
    package mutating func next() -> UInt64 {
        if left == 0 { fill() }
        left &-= 1
        let number = numbers[left]
        numbers[left] = 0
        return number
    }

    private mutating func fill() {
        var span = numbers.mutableSpan
        let isFilled = unsafe span.withUnsafeMutableBytes { unsafe cdg_random($0.baseAddress, $0.count) }
        left = Self.batch
        guard !isFilled else { return }
        // The kernel does not refuse so few octets; the library's own way asks it again.
        var system = SystemRandomNumberGenerator()
        for index in numbers.indices { numbers[index] = system.next() }
    }
}
