/// A text that is only compared with others: the name of a member, one of a few values.
///
/// Shape: up to 48 octets in six words, so that nothing is allocated for them. A longer text is equal to none.
struct JSONToken {
    /// The longest text that a token is compared with.
    static let longest = 48

    private typealias Words = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

    private let count: Int
    /// The octets, the first of each eight lowest; zero behind the end.
    private var words: Words = (0, 0, 0, 0, 0, 0)

    /// The octets `range` of `octets`.
    init(_ octets: Span<UInt8>, _ range: Range<Int>) {
        count = range.count
        words.0 = Self.word(octets, range, 0)
        guard count > 8 else { return }
        words.1 = Self.word(octets, range, 8)
        guard count > 16, count <= Self.longest else { return }
        words.2 = Self.word(octets, range, 16)
        words.3 = Self.word(octets, range, 24)
        words.4 = Self.word(octets, range, 32)
        words.5 = Self.word(octets, range, 40)
    }

    /// Eight of the octets from `offset` on.
    @inline(__always)
    private static func word(_ octets: Span<UInt8>, _ range: Range<Int>, _ offset: Int) -> UInt64 {
        let begin = range.lowerBound + offset
        guard begin < range.upperBound else { return 0 }
        let count = min(range.upperBound - begin, 8)
        guard begin + 8 <= octets.count else {
            var word: UInt64 = 0
            for place in 0..<count { word |= UInt64(octets[begin + place]) << UInt64(8 * place) }
            return word
        }
        let word = UInt64(littleEndian: unsafe octets.bytes.unsafeLoadUnaligned(fromByteOffset: begin, as: UInt64.self))
        return count == 8 ? word : word & (1 << UInt64(8 * count) - 1)
    }

    /// Whether the token is `text`, which has at most ``longest`` octets.
    @inline(__always)
    static func == (token: JSONToken, text: StaticString) -> Bool {
        // Nearly all names are of another length than the one that is looked for.
        guard text.utf8CodeUnitCount == token.count, token.words.0 == word(text, 0) else { return false }
        return text.utf8CodeUnitCount <= 8 || token.hasRest(of: text)
    }

    /// So that tokens can be told apart by `switch`.
    @inline(__always)
    static func ~= (text: StaticString, token: JSONToken) -> Bool { token == text }

    /// Whether all behind the first eight octets is that of `text`.
    private func hasRest(of text: StaticString) -> Bool {
        words.1 == Self.word(text, 8) && words.2 == Self.word(text, 16) && words.3 == Self.word(text, 24)
            && words.4 == Self.word(text, 32) && words.5 == Self.word(text, 40) && count <= Self.longest
    }

    /// Eight octets of `text` from `offset` on.
    @inline(__always)
    private static func word(_ text: StaticString, _ offset: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in 0..<8 where offset + index < text.utf8CodeUnitCount {
            word |= UInt64(unsafe text.utf8Start[offset + index]) << UInt64(8 * index)
        }
        return word
    }
}
