/// Hashing of names in wire form, whatever their case, with a seed that differs from process to process.
///
/// The seed keeps strangers from choosing names that fall into one bucket of the cache or of a cluster's tables.
/// It is a folded multiplication over eight octets at a time, keyed by random secrets.
@usableFromInline
package enum NameHash {
    @usableFromInline
    package struct Seed: Sendable {
        @usableFromInline let first: UInt64
        @usableFromInline let second: UInt64

        /// A key chosen at random.
        package init() {
            var generator = SystemRandomNumberGenerator()
            first = generator.next() | 1
            second = generator.next() | 1
        }
    }

    /// Chosen at random once a process.
    @usableFromInline package static let seed = Seed()

    /// The hash of `bytes[range]`, letters taken as lower case.
    ///
    /// - Complexity: O(n) in octets, eight at a time.
    @inlinable
    package static func hash(_ bytes: Span<UInt8>, in range: Range<Int>, seed: Seed = NameHash.seed) -> UInt64 {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "octets of the span")
        let length = range.count
        var hash = seed.first
        unsafe bytes.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            let octets = unsafe UnsafeRawPointer(start + range.lowerBound)
            var place = 0
            while place &+ 8 <= length {
                hash = unsafe fold(hash ^ lowercased(word: word(octets + place)), seed.second)
                place &+= 8
            }
            let rest = length &- place
            // What is left over stands in the upper octets of the last eight.
            let tail =
                length >= 8
                ? rest == 0 ? 0 : unsafe word(octets + (length &- 8)) >> UInt64(truncatingIfNeeded: 8 &* (8 &- rest))
                : unsafe shortWord(octets, rest)
            hash = fold(hash ^ lowercased(word: tail), seed.second)
        }
        // The count goes in last: at the start, the first length octet could undo it.
        return fold(hash, seed.first ^ UInt64(truncatingIfNeeded: range.count))
    }

    /// The hash of all of `bytes`.
    @inlinable
    package static func hash(_ bytes: Span<UInt8>) -> UInt64 {
        hash(bytes, in: 0..<bytes.count)
    }

    @inlinable @inline(__always)
    package static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}
