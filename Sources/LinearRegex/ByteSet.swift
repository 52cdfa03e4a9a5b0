/// A set of bytes.
struct ByteSet: Hashable, Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    init() {}

    init(_ range: ClosedRange<UInt8>) {
        insert(range)
    }

    init(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { insert(byte...byte) }
    }

    static let all = ByteSet(0...255)

    func contains(_ byte: UInt8) -> Bool {
        let bit = UInt64(1) << UInt64(byte & 63)
        return switch byte >> 6 {
        case 0: words.0 & bit != 0
        case 1: words.1 & bit != 0
        case 2: words.2 & bit != 0
        default: words.3 & bit != 0
        }
    }

    mutating func insert(_ range: ClosedRange<UInt8>) {
        for byte in range {
            let bit = UInt64(1) << UInt64(byte & 63)
            switch byte >> 6 {
            case 0: words.0 |= bit
            case 1: words.1 |= bit
            case 2: words.2 |= bit
            default: words.3 |= bit
            }
        }
    }

    mutating func formUnion(_ other: ByteSet) {
        words.0 |= other.words.0
        words.1 |= other.words.1
        words.2 |= other.words.2
        words.3 |= other.words.3
    }

    var inverted: ByteSet {
        var result = self
        result.words = (~words.0, ~words.1, ~words.2, ~words.3)
        return result
    }

    /// With each ASCII letter in both cases.
    var caseInsensitive: ByteSet {
        var result = self
        for letter in UInt8(ascii: "a")...UInt8(ascii: "z") where contains(letter) || contains(letter ^ 0x20) {
            result.insert(letter...letter)
            result.insert((letter ^ 0x20)...(letter ^ 0x20))
        }
        return result
    }

    var isEmpty: Bool {
        words == (0, 0, 0, 0)
    }

    /// The only byte of a set with one.
    var onlyByte: UInt8? {
        var only: UInt8?
        for (index, word) in [words.0, words.1, words.2, words.3].enumerated() where word != 0 {
            guard only == nil, word.nonzeroBitCount == 1 else { return nil }
            only = UInt8(index * 64 + word.trailingZeroBitCount)
        }
        return only
    }

    static func == (one: ByteSet, other: ByteSet) -> Bool {
        one.words == other.words
    }

    func hash(into hasher: inout Hasher) {
        for word in [words.0, words.1, words.2, words.3] { hasher.combine(word) }
    }
}

extension ByteSet {
    static let digit = ByteSet(UInt8(ascii: "0")...UInt8(ascii: "9"))
    static let space = ByteSet("\t\n\u{C}\r ".utf8)
    static let lower = ByteSet(UInt8(ascii: "a")...UInt8(ascii: "z"))
    static let upper = ByteSet(UInt8(ascii: "A")...UInt8(ascii: "Z"))
    static let alpha = lower.union(upper)
    static let alnum = alpha.union(digit)
    static let word = alnum.union(ByteSet("_".utf8))

    func union(_ other: ByteSet) -> ByteSet {
        var result = self
        result.formUnion(other)
        return result
    }

    func subtracting(_ other: ByteSet) -> ByteSet {
        inverted.union(other).inverted
    }

    /// The set of `[:name:]`, or nil for a name that is none.
    static func posix(_ name: String) -> ByteSet? {
        switch name {
        case "alnum": alnum
        case "alpha": alpha
        case "ascii": ByteSet(0...0x7F)
        case "blank": ByteSet("\t ".utf8)
        case "cntrl": ByteSet(0...0x1F).union(ByteSet(0x7F...0x7F))
        case "digit": digit
        case "graph": ByteSet(0x21...0x7E)
        case "lower": lower
        case "print": ByteSet(0x20...0x7E)
        case "punct": ByteSet(0x21...0x7E).subtracting(alnum)
        case "space": ByteSet("\t\n\u{B}\u{C}\r ".utf8)
        case "upper": upper
        case "word": word
        case "xdigit": digit.union(ByteSet("abcdefABCDEF".utf8))
        default: nil
        }
    }
}
