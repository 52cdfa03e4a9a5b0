/// A domain name that owns its octets: uncompressed wire form, the case as it was given.
///
/// Shape: length octet and label, repeated, then the octet 0. At most 255 octets. Two names are equal when they differ
/// in case only (RFC 4343).
@usableFromInline
package struct Name: Sendable {
    /// The uncompressed wire form, the root label included.
    @usableFromInline
    package let wire: [UInt8]

    /// The root, `.`.
    package static let root = Name(uncheckedWire: [0])

    /// Takes octets that are known to be a whole, valid, uncompressed name.
    @inlinable
    package init(uncheckedWire: [UInt8]) {
        wire = uncheckedWire
    }

    /// Decodes the name at `offset` of a message, following pointers.
    ///
    /// - Throws: as ``decodeName(in:at:into:)``.
    package init(decoding message: Span<UInt8>, at offset: Int = 0) throws(WireError) {
        var storage = InlineArray<256, UInt8>(repeating: 0)
        var output = storage.mutableSpan
        let decoded = try decodeName(in: message, at: offset, into: &output)
        wire = storage.span.copy(0..<decoded.length)
    }

    /// How many labels there are, the root not counted.
    package var labelCount: Int {
        var count = 0
        var position = 0
        while wire[position] != 0 {
            position += Int(wire[position]) + 1
            count += 1
        }
        return count
    }

    /// Whether this is the root.
    @inlinable package var isRoot: Bool { wire.count == 1 }

    /// The labels from left to right, without length octets.
    package var labels: [ArraySlice<UInt8>] {
        var labels: [ArraySlice<UInt8>] = []
        var position = 0
        while wire[position] != 0 {
            let next = position + Int(wire[position]) + 1
            labels.append(wire[(position + 1)..<next])
            position = next
        }
        return labels
    }

    /// The name without its first label; the root has no parent.
    package var parent: Name? {
        isRoot ? nil : Name(uncheckedWire: Array(wire[(Int(wire[0]) + 1)...]))
    }

    /// The same name in lower case.
    package var lowercased: Name {
        Name(uncheckedWire: wire.map { DNSWire.lowercased($0) })
    }

    /// Whether this name is `zone` or lies below it.
    @inlinable
    package func isAtOrBelow(_ zone: Name) -> Bool {
        suffixStart(of: wire.span, under: zone.wire.span) != nil
    }

    /// This name with `suffix` in place of the root, or nil when that is longer than 255 octets.
    package func appending(_ suffix: Name) -> Name? {
        guard wire.count - 1 + suffix.wire.count <= maximumNameLength else { return nil }
        return Name(uncheckedWire: wire.dropLast() + suffix.wire)
    }
}

/// Where `zone` starts in `name` when the name is the zone or lies below it; both uncompressed, case ignored.
///
/// - Complexity: O(labels) plus the comparison.
@inlinable
package func suffixStart(of name: Span<UInt8>, under zone: Span<UInt8>) -> Int? {
    let start = name.count &- zone.count
    guard start >= 0 else { return nil }
    var position = 0
    while position < start {
        position &+= Int(name[position]) &+ 1
    }
    guard position == start else { return nil }
    return zone.matchesIgnoringCase(0..<zone.count, name, at: start) ? start : nil
}

extension Name: Hashable {
    @usableFromInline
    package static func == (left: Name, right: Name) -> Bool {
        namesEqual(left.wire.span, right.wire.span)
    }

    @usableFromInline
    package func hash(into hasher: inout Hasher) {
        hasher.combine(NameHash.hash(wire.span))
    }
}
