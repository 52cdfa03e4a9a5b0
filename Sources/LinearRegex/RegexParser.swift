/// Reads a pattern into a tree.
///
/// The depth of groups is bounded, because parsing and compiling recurse once a group.
struct RegexParser {
    static let maximumDepth = 200
    static let maximumGroups = 1_000
    static let maximumRepeat = 1_000

    struct Flags {
        var ignoresCase = false
        var isMultiline = false
        var dotMatchesNewline = false
        var isLazy = false
    }

    let text: [UInt8]
    var position = 0
    var flags = Flags()
    var groupNames: [String?] = [nil]
    var depth = 0

    init(_ pattern: String) {
        text = Array(pattern.utf8)
    }

    mutating func parse() throws(RegexError) -> RegexNode {
        let node = try alternation()
        guard position == text.count else { throw error("unexpected )") }
        return node
    }

    func error(_ message: String, at place: Int? = nil) -> RegexError {
        RegexError(message, at: place ?? position)
    }

    var next: UInt8? {
        position < text.count ? text[position] : nil
    }

    mutating func skip(_ prefix: String) -> Bool {
        guard text[position...].starts(with: prefix.utf8) else { return false }
        position += prefix.utf8.count
        return true
    }

    mutating func alternation() throws(RegexError) -> RegexNode {
        var branches = [try concatenation()]
        while next == UInt8(ascii: "|") {
            position += 1
            branches.append(try concatenation())
        }
        return branches.count == 1 ? branches[0] : .alternation(branches)
    }

    private mutating func concatenation() throws(RegexError) -> RegexNode {
        var nodes: [RegexNode] = []
        while let byte = next, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
            if skip("\\Q") {
                nodes += quoted()
            } else if let node = try element() {
                nodes.append(node)
            }
            // As in RE2, an operator after `\E` repeats the last character, and one after `(?i)` what is before that.
            if let last = nodes.popLast() { nodes.append(try repeated(last)) }
        }
        return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .concatenation(nodes)
    }

    /// One thing that can be repeated; nil for a change of flags.
    private mutating func element() throws(RegexError) -> RegexNode? {
        let start = position
        switch text[position] {
        case UInt8(ascii: "("): return try group()
        case UInt8(ascii: "["): return try characterClass()
        case UInt8(ascii: "\\"): return try escape()
        case UInt8(ascii: "."):
            position += 1
            return .set(flags.dotMatchesNewline ? .all : ByteSet("\n".utf8).inverted)
        case UInt8(ascii: "^"):
            position += 1
            return .assertion(flags.isMultiline ? .beginLine : .beginText)
        case UInt8(ascii: "$"):
            position += 1
            return .assertion(flags.isMultiline ? .endLine : .endText)
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"):
            throw error("nothing to repeat", at: start)
        case UInt8(ascii: "{") where bounds() != nil:
            throw error("nothing to repeat", at: start)
        default:
            return literalCharacter()
        }
    }

    /// One character of the pattern, all of its bytes.
    mutating func literalCharacter() -> RegexNode {
        let first = text[position]
        position += 1
        var nodes = [literal(first)]
        while let byte = next, first >= 0x80, byte & 0xC0 == 0x80 {
            nodes.append(literal(byte))
            position += 1
        }
        return nodes.count == 1 ? nodes[0] : .concatenation(nodes)
    }

    func literal(_ byte: UInt8) -> RegexNode {
        let set = ByteSet(byte...byte)
        return .set(flags.ignoresCase ? set.caseInsensitive : set)
    }
}

// MARK: - Repetition

extension RegexParser {
    private mutating func repeated(_ node: RegexNode) throws(RegexError) -> RegexNode {
        let place = position
        guard let (minimum, maximum) = try operatorBounds() else { return node }
        var isGreedy = !flags.isLazy
        if next == UInt8(ascii: "?") {
            position += 1
            isGreedy.toggle()
        }
        let result = RegexNode.repetition(node, minimum: minimum, maximum: maximum, isGreedy: isGreedy)
        guard result.repetitionProduct <= Self.maximumRepeat else {
            throw error("repeated more than \(Self.maximumRepeat) times", at: place)
        }
        let again = position
        guard try operatorBounds() == nil else { throw error("repetition of a repetition", at: again) }
        return result
    }

    /// The bounds of `*`, `+`, `?` or `{…}` here, if there is one.
    private mutating func operatorBounds() throws(RegexError) -> (Int, Int?)? {
        let place = position
        switch next {
        case UInt8(ascii: "*"):
            position += 1
            return (0, nil)
        case UInt8(ascii: "+"):
            position += 1
            return (1, nil)
        case UInt8(ascii: "?"):
            position += 1
            return (0, 1)
        case UInt8(ascii: "{"):
            guard let (minimum, maximum, end) = bounds() else { return nil }
            position = end
            guard minimum <= Self.maximumRepeat, maximum ?? 0 <= Self.maximumRepeat, minimum <= maximum ?? minimum
            else { throw error("bad repetition bounds", at: place) }
            return (minimum, maximum)
        default: return nil
        }
    }

    /// `{n}`, `{n,}` or `{n,m}` here; anything else in braces is literal text.
    private func bounds() -> (minimum: Int, maximum: Int?, end: Int)? {
        var place = position + 1
        guard let minimum = number(&place), place < text.count else { return nil }
        var maximum: Int? = minimum
        if text[place] == UInt8(ascii: ",") {
            place += 1
            let start = place
            maximum = number(&place)
            guard maximum != nil || place == start else { return nil }
        }
        guard place < text.count, text[place] == UInt8(ascii: "}") else { return nil }
        return (minimum, maximum, place + 1)
    }

    /// Digits without leading zeros, held at a number that is too large anyway.
    private func number(_ place: inout Int) -> Int? {
        let start = place
        var value = 0
        while place < text.count, ByteSet.digit.contains(text[place]) {
            value = min(value * 10 + Int(text[place] - UInt8(ascii: "0")), Self.maximumRepeat + 1)
            place += 1
        }
        let hasLeadingZero = place > start + 1 && text[start] == UInt8(ascii: "0")
        return place > start && !hasLeadingZero ? value : nil
    }
}
