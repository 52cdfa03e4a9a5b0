/// Text, numbers, and what is passed over.
extension JSONPruner {
    mutating func readString(_ octets: Span<UInt8>, _ index: inout Int) {
        let begin = index
        index = octets.endOfPlainJSONText(from: index)
        keep(octets, begin..<index)
        guard index < octets.count else { return }
        index += 1
        if octets[index - 1] == UInt8(ascii: "\\") {
            keep(octets, index - 1..<index)
            place = .escape
        } else {
            endString()
        }
    }

    mutating func endString() {
        switch sink {
        case .key: endKey()
        case .kept:
            emit(UInt8(ascii: "\""))
            endValue()
        case .passedOver where depthPassedOver > 0: place = .skipping
        case .passedOver: endValue()
        }
    }

    mutating func readLiteral(_ octets: Span<UInt8>, _ index: inout Int) {
        let begin = index
        while index < octets.count, !octets[index].endsJSONLiteral { index += 1 }
        keep(octets, begin..<index)
        if index < octets.count { endValue() }
    }

    mutating func passOver(_ octets: Span<UInt8>, _ index: inout Int) throws(APIFailure) {
        while index < octets.count {
            let octet = octets[index]
            index += 1
            switch octet {
            case UInt8(ascii: "\""):
                (sink, place) = (.passedOver, .string)
                return
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depthPassedOver += 1
                guard depthPassedOver <= Self.deepestPassedOver else { throw .malformed("JSON: too deep") }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depthPassedOver -= 1
                if depthPassedOver == 0 { return endValue() }
            default: break
            }
        }
    }

    /// Does with octets of a text or a number what is to be done.
    mutating func keep(_ octets: Span<UInt8>, _ range: Range<Int>) {
        switch sink {
        case .passedOver: break
        case .key:
            // A name that is too long is kept so far that it is seen to be.
            for index in range where name.count <= Self.longestName { name.append(octets[index]) }
        case .kept:
            guard !isTooLarge else { return }
            unsafe octets.extracting(range).withUnsafeBufferPointer { unsafe output.append(contentsOf: $0) }
            checkSize()
        }
    }
}

extension Span<UInt8> {
    /// Where the first quote or backslash stands from `begin` on; the end without one.
    ///
    /// Eight octets are looked at together: most of an object is text that nobody wants.
    /// Source: S. E. Anderson, Bit Twiddling Hacks, "Determine if a word has a byte equal to n".
    func endOfPlainJSONText(from begin: Int) -> Int {
        var index = begin
        while index + 8 <= count {
            let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            let (quotes, backslashes) = (Self.eight(UInt8(ascii: "\"")), Self.eight(UInt8(ascii: "\\")))
            let found = Self.zeros(word ^ quotes) | Self.zeros(word ^ backslashes)
            guard found == 0 else { return index + UInt64(littleEndian: found).trailingZeroBitCount / 8 }
            index += 8
        }
        while index < count, self[index] != UInt8(ascii: "\""), self[index] != UInt8(ascii: "\\") { index += 1 }
        return index
    }

    /// What the octets `range` are up to the first quote or backslash: where that stands, or the end of the range; whether they are ASCII
    /// only, and whether control characters are among them.
    @inline(__always)
    func plainJSONText(in range: Range<Int>) -> (end: Int, isASCII: Bool, hasControls: Bool) {
        var index = range.lowerBound
        var (high, controls): (UInt64, UInt64) = (0, 0)
        let (quotes, backslashes) = (Self.eight(UInt8(ascii: "\"")), Self.eight(UInt8(ascii: "\\")))
        while index + 8 <= range.upperBound {
            let word = UInt64(
                littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            let found = Self.zeros(word ^ quotes) | Self.zeros(word ^ backslashes)
            let count = found.trailingZeroBitCount / 8
            // What stands before the one that was found.
            let meant = count == 8 ? UInt64.max : 1 << UInt64(8 * count) - 1
            high |= word & meant
            controls |= (word &- Self.eight(0x20)) & ~word & meant
            index += count
            if count < 8 { break }
        }
        while index < range.upperBound, self[index] != UInt8(ascii: "\""), self[index] != UInt8(ascii: "\\") {
            high |= UInt64(self[index])
            if self[index] < 0x20 { controls = .max }
            index += 1
        }
        return (index, high & Self.eight(0x80) == 0, controls & Self.eight(0x80) != 0)
    }

    /// Where `octet` stands first; the end of the range without one.
    func firstPlace(of octet: UInt8, in range: Range<Int>) -> Int {
        var index = range.lowerBound
        while index + 8 <= range.upperBound {
            let word = UInt64(
                littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            let found = Self.zeros(word ^ Self.eight(octet))
            if found != 0 { return index + found.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < range.upperBound, self[index] != octet { index += 1 }
        return index
    }

    private static func eight(_ octet: UInt8) -> UInt64 { 0x0101_0101_0101_0101 &* UInt64(octet) }

    /// The highest bit of each octet that is zero; bits of octets behind the first one may be wrong.
    private static func zeros(_ word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    }
}
