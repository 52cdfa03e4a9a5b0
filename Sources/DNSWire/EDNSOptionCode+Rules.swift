/// What becomes of each EDNS option, in one table for replies made here, forwarded ones and those from the cache.
///
///     option            query to upstreams   upstream's reply   reply made here                source
///                                            to the asker       or from the cache
///     NSID (3)          goes on              goes on            left out, but with an          RFC 5001 §2.1
///                                                               identity to tell
///     client subnet (8) goes on              goes on            with scope 0 from the cache,   RFC 7871 §7.2.2
///                                                               left out else
///     EXPIRE (9)        goes on              goes on            left out                       RFC 7314 §3
///     COOKIE (10)       left out             left out           left out                       RFC 7873 §5.2
///     TCP keepalive(11) left out             left out           the idle time, over a          RFC 7828 §3.3.2
///                                                               connection
///     padding (12)      left out             left out           left out: nothing here is      RFC 7830 §6
///                                                               encrypted
///     extended error    goes on              goes on            what is said here              RFC 8914 §3
///     (15)
///     all others        goes on              goes on            left out                       RFC 6891 §6.1.2
///
/// Nothing is given back as it came: a cookie without a server's part, an empty identity or expiry, and a keep-alive without a time are
/// no answers. An upstream that says nothing is not spoken for.
extension EDNSOptionCode {
    /// Whether an option of this kind concerns the way between two hosts alone, and never what is answered.
    ///
    /// A query with one may share the reply to another; none goes on to an upstream, or from there to the asker.
    @inlinable package var isHopByHop: Bool { self == .cookie || self == .padding || self == .tcpKeepalive }
}

extension MutableSpan<UInt8> {
    /// Takes the options that concern the way between two hosts alone out of the OPT record `view` of this message.
    ///
    /// - Returns: how many octets shorter the message is now.
    @_lifetime(self: copy self)
    package mutating func removeHopByHopOptions(of view: inout EDNSView) -> Int {
        let end = view.end
        var (position, kept) = (view.optionsOffset, view.optionsOffset)
        while position + 4 <= end {
            let code = EDNSOptionCode(rawValue: span.uint16(at: position))
            let next = position + 4 + Int(span.uint16(at: position + 2))
            guard next <= end else { break }
            if !code.isHopByHop { kept = move(position..<next, to: kept) }
            position = next
        }
        guard kept < position else { return 0 }
        _ = move(position..<count, to: kept)
        view.optionsLength -= position - kept
        put(UInt16(truncatingIfNeeded: view.optionsLength), at: view.optionsOffset - 2)
        return position - kept
    }

    /// Moves octets to the front; gives where they end there.
    @_lifetime(self: copy self)
    private mutating func move(_ range: Range<Int>, to place: Int) -> Int {
        for offset in 0..<range.count { self[place + offset] = self[range.lowerBound + offset] }
        return place + range.count
    }
}

extension EDNSView {
    /// The options of a reply from upstream that go on to the asker, in wire form.
    package func passedOptions(of message: Span<UInt8>) -> [UInt8] {
        guard optionsLength > 0, optionsAreWhole(in: message) else { return [] }
        var (passed, offset): ([UInt8], Int) = ([], optionsOffset)
        while let option = nextOption(at: &offset, in: message) {
            if !option.code.isHopByHop {
                passed += message.copy((option.range.lowerBound - 4)..<option.range.upperBound)
            }
        }
        return passed
    }
}
