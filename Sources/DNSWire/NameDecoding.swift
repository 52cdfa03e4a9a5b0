/// The longest name in wire form, length octets and root label included (RFC 1035 §3.1).
@inlinable package var maximumNameLength: Int { 255 }

/// As many pointers as a name can have labels; without this bound a short name could be long work.
let maximumPointers = 127

/// Where a decoded name lies: how long it is uncompressed, and where reading goes on.
@usableFromInline
package struct DecodedName: Equatable, Sendable {
    /// Octets of the uncompressed wire form, the root label included.
    @usableFromInline
    package let length: Int
    /// The offset in the message just behind the name as it stands there.
    @usableFromInline
    package let end: Int

    @inlinable
    package init(length: Int, end: Int) {
        self.length = length
        self.end = end
    }
}

/// Decodes the name at `offset` of `message` into `output`, uncompressed, its case kept.
///
/// A pointer must lead to a place before every place the name has touched so far, so that no chain of pointers loops;
/// and there are at most 127 of them, as each of a sound name's pointers comes behind a label of its own.
///
/// - Throws: `truncated`, `badLabelType`, `badPointer`, or `nameTooLong` past 255 octets.
/// - Source: RFC 1035 §4.1.4.
package func decodeName(
    in message: Span<UInt8>, at offset: Int, into output: inout MutableSpan<UInt8>
) throws(WireError) -> DecodedName {
    var position = offset
    var lowest = offset
    var pointers = 0
    var length = 0
    var end = -1
    while true {
        guard position < message.count else { throw .truncated }
        let octet = message[position]
        if octet & 0xC0 == 0xC0 {
            guard position + 1 < message.count else { throw .truncated }
            if end < 0 { end = position + 2 }
            let target = Int(octet & 0x3F) << 8 | Int(message[position + 1])
            guard target < lowest, pointers < maximumPointers else { throw .badPointer }
            pointers += 1
            lowest = target
            position = target
            continue
        }
        guard octet < 64 else { throw .badLabelType }
        let next = position + Int(octet) + 1
        guard next <= message.count else { throw .truncated }
        guard length + Int(octet) + 1 <= maximumNameLength else { throw .nameTooLong }
        for index in position..<next {
            output[length] = message[index]
            length += 1
        }
        if octet == 0 {
            return DecodedName(length: length, end: end < 0 ? next : end)
        }
        position = next
    }
}

/// The offset behind the name at `offset`, which is not followed through its pointer.
///
/// - Throws: `truncated`, `badLabelType`, or `nameTooLong`.
@inlinable
package func skipName(in message: Span<UInt8>, at offset: Int) throws(WireError) -> Int {
    var position = offset
    while true {
        guard position < message.count else { throw .truncated }
        let octet = message[position]
        if octet == 0 { return position &+ 1 }
        if octet & 0xC0 == 0xC0 {
            guard position &+ 1 < message.count else { throw .truncated }
            return position &+ 2
        }
        guard octet < 64 else { throw .badLabelType }
        position &+= Int(octet) &+ 1
        guard position &- offset < maximumNameLength else { throw .nameTooLong }
    }
}

/// Whether two uncompressed names in wire form are the same but for case.
@inlinable
package func namesEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    left.count == right.count && left.matchesIgnoringCase(0..<left.count, right, at: 0)
}
