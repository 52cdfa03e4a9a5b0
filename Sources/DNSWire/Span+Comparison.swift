// Octets are compared and lowered eight at a time: names are looked at several times on the way of every query.

extension Span<UInt8> {
    /// The octets from `offset` to `end`, up to eight, as a little-endian number; octets that are not there are zero.
    ///
    /// The caller has checked that they are in the span.
    @inlinable @inline(__always)
    package func word(at offset: Int, upTo end: Int) -> UInt64 {
        let raw = unsafe bytes
        if offset &+ 8 <= end {
            return unsafe UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        let count = end &- offset
        guard count > 0 else { return 0 }
        if end >= 8 {
            // The last of eight octets that end at the same place.
            let word = unsafe UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: end &- 8, as: UInt64.self))
            return word >> UInt64(truncatingIfNeeded: 8 &* (8 &- count))
        }
        var word: UInt64 = 0
        for index in 0..<count { word |= UInt64(self[offset &+ index]) << UInt64(truncatingIfNeeded: 8 &* index) }
        return word
    }

    /// Whether the octets `range` of this are those of `other` that start at `offset`; false when not all of them are there.
    @inlinable
    package func matches(_ range: Range<Int>, _ other: Span<UInt8>, at offset: Int) -> Bool {
        guard hasOctets(range, other, offset) else { return false }
        var place = range.lowerBound
        let shift = offset &- range.lowerBound
        while place < range.upperBound {
            guard
                word(at: place, upTo: range.upperBound)
                    == other.word(at: place &+ shift, upTo: range.upperBound &+ shift)
            else { return false }
            place &+= 8
        }
        return true
    }

    /// The same, the case of letters left aside (RFC 4343 §3).
    @inlinable
    package func matchesIgnoringCase(_ range: Range<Int>, _ other: Span<UInt8>, at offset: Int) -> Bool {
        guard hasOctets(range, other, offset) else { return false }
        var place = range.lowerBound
        let shift = offset &- range.lowerBound
        while place < range.upperBound {
            let left = word(at: place, upTo: range.upperBound)
            let right = other.word(at: place &+ shift, upTo: range.upperBound &+ shift)
            guard left == right || lowercased(word: left) == lowercased(word: right) else { return false }
            place &+= 8
        }
        return true
    }

    @inlinable @inline(__always)
    func hasOctets(_ range: Range<Int>, _ other: Span<UInt8>, _ offset: Int) -> Bool {
        range.lowerBound >= 0 && range.upperBound <= count && offset >= 0 && offset &+ range.count <= other.count
    }
}

extension MutableSpan<UInt8> {
    /// Writes the octets `range` of `source` in lower case to the front.
    ///
    /// The caller has checked that both have them.
    @inlinable
    @_lifetime(self: copy self)
    package mutating func putLowercased(_ source: Span<UInt8>, _ range: Range<Int>) {
        var place = 0
        while place &+ 8 <= range.count {
            let word = lowercased(word: source.word(at: range.lowerBound &+ place, upTo: range.upperBound))
            put(littleEndian: word, at: place)
            place &+= 8
        }
        while place < range.count {
            self[place] = lowercased(source[range.lowerBound &+ place])
            place &+= 1
        }
    }

    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    mutating func put(littleEndian word: UInt64, at offset: Int) {
        precondition(offset >= 0 && offset &+ 8 <= count, "eight octets of the span")
        unsafe withUnsafeMutableBytes { bytes in
            unsafe bytes.storeBytes(of: word.littleEndian, toByteOffset: offset, as: UInt64.self)
        }
    }
}
