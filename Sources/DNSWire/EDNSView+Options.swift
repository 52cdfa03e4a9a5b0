extension EDNSView {
    /// The code and the range in `message` of the option at `offset`, which moves on behind it; nil at the end and
    /// where the options are damaged.
    ///
    /// Usage: `var offset = view.optionsOffset`, then `while let (code, range) = view.nextOption(at: &offset, in:
    /// message)`.
    @inlinable
    package func nextOption(
        at offset: inout Int, in message: Span<UInt8>
    ) -> (code: EDNSOptionCode, range: Range<Int>)? {
        guard offset &+ 4 <= end else { return nil }
        let start = offset &+ 4
        let next = start &+ Int(message.uint16(at: offset &+ 2))
        guard next <= end else { return nil }
        defer { offset = next }
        return (EDNSOptionCode(rawValue: message.uint16(at: offset)), start..<next)
    }

    /// The range in `message` of the first option's data that has `code`, or nil.
    ///
    /// - Complexity: O(options).
    @inlinable
    package func option(_ code: EDNSOptionCode, in message: Span<UInt8>) -> Range<Int>? {
        var offset = optionsOffset
        while let option = nextOption(at: &offset, in: message) {
            if option.code == code { return option.range }
        }
        return nil
    }
}
