/// A pattern as a tree.
indirect enum RegexNode {
    case empty
    case set(ByteSet)
    case assertion(RegexAssertion)
    case capture(Int, RegexNode)
    case concatenation([RegexNode])
    case alternation([RegexNode])
    /// Without maximum when that is nil.
    case repetition(RegexNode, minimum: Int, maximum: Int?, isGreedy: Bool)
}

/// What holds between two bytes.
enum RegexAssertion: Sendable {
    case beginText, endText, beginLine, endLine, wordBoundary, noWordBoundary
}

extension RegexNode {
    /// Whether it can match nothing at all.
    var isNullable: Bool {
        switch self {
        case .empty, .assertion: true
        case .set: false
        case .capture(_, let node): node.isNullable
        case .concatenation(let nodes): nodes.allSatisfy(\.isNullable)
        case .alternation(let nodes): nodes.contains(where: \.isNullable)
        case .repetition(let node, let minimum, _, _): minimum == 0 || node.isNullable
        }
    }

    /// The most often that any part is repeated by bounds within bounds.
    var repetitionProduct: Int {
        switch self {
        case .empty, .assertion, .set: 1
        case .capture(_, let node): node.repetitionProduct
        case .concatenation(let nodes), .alternation(let nodes): nodes.map(\.repetitionProduct).max() ?? 1
        case .repetition(let node, let minimum, let maximum, _):
            max(maximum ?? minimum, 1) * node.repetitionProduct
        }
    }
}
