// Octets are compared and lowered eight at a time: names are looked at several times on the way of every query.

extension Span<UInt8> {
    /// Whether the octets `range` of this are those of `other` that start at `offset`; false when not all of them are there.
    @inlinable
    package func matches(_ range: Range<Int>, _ other: Span<UInt8>, at offset: Int) -> Bool {
        guard hasOctets(range, other, offset) else { return false }
        return unsafe withOctets(range, other, offset) { unsafe compare($0, $1, range.count) { $0 == $1 } }
    }

    /// The same, the case of letters left aside (RFC 4343 §3).
    @inlinable
    package func matchesIgnoringCase(_ range: Range<Int>, _ other: Span<UInt8>, at offset: Int) -> Bool {
        guard hasOctets(range, other, offset) else { return false }
        return unsafe withOctets(range, other, offset) {
            unsafe compare($0, $1, range.count) { $0 == $1 || lowercased(word: $0) == lowercased(word: $1) }
        }
    }

    @inlinable @inline(__always)
    func hasOctets(_ range: Range<Int>, _ other: Span<UInt8>, _ offset: Int) -> Bool {
        range.lowerBound >= 0 && range.upperBound <= count && offset >= 0 && offset &+ range.count <= other.count
    }

    /// Gives what `body` says of where the octets of both start; nothing equals nothing.
    @inlinable @inline(__always)
    func withOctets(
        _ range: Range<Int>, _ other: Span<UInt8>, _ offset: Int, _ body: (UnsafeRawPointer, UnsafeRawPointer) -> Bool
    ) -> Bool {
        unsafe withUnsafeBufferPointer { left in
            unsafe other.withUnsafeBufferPointer { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return true }
                return unsafe body(UnsafeRawPointer(left + range.lowerBound), UnsafeRawPointer(right + offset))
            }
        }
    }
}

/// Whether `isEqual` holds for all words of `count` octets; the last one overlaps the one before it.
@inlinable @inline(__always)
func compare(
    _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int, _ isEqual: (UInt64, UInt64) -> Bool
) -> Bool {
    var place = 0
    while place &+ 8 <= count {
        guard unsafe isEqual(word(left + place), word(right + place)) else { return false }
        place &+= 8
    }
    guard place < count else { return true }
    if count >= 8 { return unsafe isEqual(word(left + (count &- 8)), word(right + (count &- 8))) }
    return unsafe isEqual(shortWord(left, count), shortWord(right, count))
}

/// The eight octets at `place`, the first one lowest.
@inlinable @inline(__always)
func word(_ place: UnsafeRawPointer) -> UInt64 {
    unsafe UInt64(littleEndian: place.loadUnaligned(as: UInt64.self))
}

/// The same of up to seven octets.
@inlinable @inline(__always)
func shortWord(_ place: UnsafeRawPointer, _ count: Int) -> UInt64 {
    if count >= 4 {
        let low = unsafe UInt64(UInt32(littleEndian: place.loadUnaligned(as: UInt32.self)))
        let high = unsafe UInt64(UInt32(littleEndian: (place + (count &- 4)).loadUnaligned(as: UInt32.self)))
        return low | high << UInt64(truncatingIfNeeded: 8 &* (count &- 4))
    }
    var word: UInt64 = 0
    for index in 0..<count {
        let octet = unsafe place.load(fromByteOffset: index, as: UInt8.self)
        word |= UInt64(octet) << UInt64(truncatingIfNeeded: 8 &* index)
    }
    return word
}

extension MutableSpan<UInt8> {
    /// Writes the octets `range` of `source` in lower case to the front.
    ///
    /// The caller has checked that both have them.
    @inlinable
    @_lifetime(self: copy self)
    package mutating func putLowercased(_ source: Span<UInt8>, _ range: Range<Int>) {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= source.count && range.count <= count, "octets of both")
        let length = range.count
        unsafe withUnsafeMutableBytes { target in
            unsafe source.withUnsafeBufferPointer { source in
                guard let target = target.baseAddress, let start = source.baseAddress else { return }
                let source = unsafe UnsafeRawPointer(start + range.lowerBound)
                var place = 0
                while place &+ 8 <= length {
                    unsafe (target + place).storeBytes(
                        of: lowercased(word: word(source + place)).littleEndian, as: UInt64.self)
                    place &+= 8
                }
                while place < length {
                    unsafe target.storeBytes(
                        of: lowercased(source.load(fromByteOffset: place, as: UInt8.self)), toByteOffset: place,
                        as: UInt8.self)
                    place &+= 1
                }
            }
        }
    }

    /// Turns the case of letters among the octets `range`: of the one at place `n` of it where bit `n % 64` of `mask` is set.
    ///
    /// Doing it again turns it back. Other octets stay, so that a name in wire form keeps the lengths of its labels.
    package mutating func turnCase(_ range: Range<Int>, by mask: UInt64) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "octets that are there")
        var (place, mask) = (range.lowerBound, mask)
        unsafe withUnsafeMutableBytes { octets in
            while place &+ 8 <= range.upperBound {
                let word = unsafe UInt64(littleEndian: octets.loadUnaligned(fromByteOffset: place, as: UInt64.self))
                let turned = word ^ (caseBits(ofLettersIn: word) & spread(mask))
                unsafe octets.storeBytes(of: turned.littleEndian, toByteOffset: place, as: UInt64.self)
                mask = mask >> 8 | mask << 56
                place &+= 8
            }
            while place < range.upperBound {
                let octet = unsafe octets[place]
                if mask & 1 != 0, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet | 0x20) {
                    unsafe octets[place] = octet ^ 0x20
                }
                mask >>= 1
                place &+= 1
            }
        }
    }
}

/// The bit that tells upper from lower case, in each octet of `word` that is a letter.
private func caseBits(ofLettersIn word: UInt64) -> UInt64 {
    let low = (word | 0x2020_2020_2020_2020) & 0x7F7F_7F7F_7F7F_7F7F
    let fromA = low &+ 0x1F1F_1F1F_1F1F_1F1F
    let behindZ = low &+ 0x0505_0505_0505_0505
    return (fromA & ~behindZ & ~word & 0x8080_8080_8080_8080) >> 2
}

/// The lowest eight bits, one in each octet where the case bit is.
private func spread(_ bits: UInt64) -> UInt64 {
    let chosen = (bits & 0xFF) &* 0x0101_0101_0101_0101 & 0x8040_2010_0804_0201
    return ((chosen &+ 0x7F7F_7F7F_7F7F_7F7F) & 0x8080_8080_8080_8080) >> 2
}
