extension Span<UInt8> {
    /// The big-endian 16-bit number at `offset`; the caller has checked that two octets are there.
    @inlinable @inline(__always)
    package func uint16(at offset: Int) -> UInt16 {
        unsafe UInt16(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    /// The big-endian 32-bit number at `offset`; the caller has checked that four octets are there.
    @inlinable @inline(__always)
    package func uint32(at offset: Int) -> UInt32 {
        unsafe UInt32(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// The big-endian 64-bit number at `offset`; the caller has checked that eight octets are there.
    @inlinable @inline(__always)
    package func uint64(at offset: Int) -> UInt64 {
        unsafe UInt64(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// A copy of the octets in `range`.
    @inlinable
    package func copy(_ range: Range<Int>) -> [UInt8] {
        let part = extracting(range)
        return unsafe part.withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }

    /// A copy of all octets.
    @inlinable
    package func copy() -> [UInt8] {
        copy(0..<count)
    }
}

/// ASCII lower case of one octet; octets outside A to Z are unchanged (RFC 4343 §3).
@inlinable @inline(__always)
package func lowercased(_ octet: UInt8) -> UInt8 {
    octet &- 0x41 < 26 ? octet | 0x20 : octet
}

/// ASCII lower case of eight octets at once.
///
/// Label lengths are at most 63 and so lie below `A`: a name in wire form can be lowered whole.
@inlinable @inline(__always)
package func lowercased(word: UInt64) -> UInt64 {
    let sevenBits = word & 0x7F7F_7F7F_7F7F_7F7F
    let aboveZ = sevenBits &+ 0x2525_2525_2525_2525
    let fromA = sevenBits &+ 0x3F3F_3F3F_3F3F_3F3F
    let isASCII = ~word & 0x8080_8080_8080_8080
    return word | (isASCII & (fromA ^ aboveZ)) >> 2
}
