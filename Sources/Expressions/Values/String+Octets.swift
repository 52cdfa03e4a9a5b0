extension String {
    /// Whether both have the same octets; Swift's own `==` holds some texts for equal that have others.
    func hasSameOctets(as other: String) -> Bool {
        let count = utf8.count
        guard count == other.utf8.count else { return false }
        let (left, right) = (utf8Span.span, other.utf8Span.span)
        for index in 0..<count where left[index] != right[index] { return false }
        return true
    }

    /// Whether its octets begin with those of `prefix`.
    func begins(with prefix: String) -> Bool {
        occurs(prefix, at: 0)
    }

    /// Whether its octets end with those of `suffix`.
    func ends(with suffix: String) -> Bool {
        occurs(suffix, at: utf8.count - suffix.utf8.count)
    }

    private func occurs(_ other: String, at start: Int) -> Bool {
        let (text, part) = (utf8Span.span, other.utf8Span.span)
        guard start >= 0, start + part.count <= text.count else { return false }
        for index in 0..<part.count where text[start + index] != part[index] { return false }
        return true
    }

    /// Where `other` occurs first, in octets; nil when it does not.
    ///
    /// - Complexity: O(text × other)
    func firstOccurrence(of other: String, from start: Int = 0) -> Int? {
        let last = utf8.count - other.utf8.count
        guard start <= last else { return nil }
        return (start...last).first { occurs(other, at: $0) }
    }

    /// Where `other` occurs last, in octets; nil when it does not.
    ///
    /// - Complexity: O(text × other)
    func lastOccurrence(of other: String) -> Int? {
        let last = utf8.count - other.utf8.count
        guard last >= 0 else { return nil }
        return (0...last).last { occurs(other, at: $0) }
    }

    /// The text of some of its octets.
    func octets(_ range: Range<Int>) -> String {
        if range.lowerBound == 0, range.upperBound == utf8.count { return self }
        let text = utf8Span.span
        return String(decoding: range.map { text[$0] }, as: UTF8.self)
    }
}
