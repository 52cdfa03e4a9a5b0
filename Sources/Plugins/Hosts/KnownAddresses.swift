import DNSWire

/// Addresses of one family that a name has already: those of the hosts file, when the Corefile's entries come to be added.
///
/// A few are looked through, many are hashed, so that a reply costs what its octets cost.
struct KnownAddresses {
    /// From this number on they are hashed.
    static let fewest = 64

    private let octets: [UInt8]
    private let range: Range<Int>
    private let width: Int
    private let hashed: Set<ArraySlice<UInt8>>

    /// - Parameters:
    ///   - range: where in `octets` they stand, `width` octets each.
    init(_ octets: [UInt8], _ range: Range<Int>, width: Int) {
        self.octets = octets
        self.range = range
        self.width = width
        let isMany = range.count > Self.fewest * width
        hashed =
            isMany
            ? Set(stride(from: range.lowerBound, to: range.upperBound, by: width).map { octets[$0..<$0 + width] }) : []
    }

    /// Whether the address at `place` of `other` is one of them.
    func contains(_ other: [UInt8], _ place: Range<Int>) -> Bool {
        guard hashed.isEmpty else { return hashed.contains(other[place]) }
        var start = range.lowerBound
        while start < range.upperBound {
            if octets.span.matches(start..<start + width, other.span, at: place.lowerBound) { return true }
            start += width
        }
        return false
    }
}
