/// A part of an expression as it is written.
struct Node {
    indirect enum Kind {
        case constant(ExpressionValue)
        case name(String)
        /// `#`, `#index`, `#acc`; a point before a field stands for the first.
        case pointer(String)
        case unary(String, Node)
        case binary(String, Node, Node)
        /// Several parts joined by `and` or by `or`.
        case logical(isAnd: Bool, [Node])
        case conditional(Node, Node, Node)
        case array([Node])
        case map([(key: Node, value: Node)])
        case member(Node, Node, isOptional: Bool)
        /// What `?.` can end early.
        case chain(Node)
        case slice(Node, Node?, Node?)
        /// `isBuiltin` of a call that means the language's own function, whatever the environment has.
        case call(String, [Node], isBuiltin: Bool)
        case method(Node, String, [Node], isOptional: Bool)
        case predicate(Node)
        case variable(String, Node, Node)
        case sequence([Node])
    }

    let kind: Kind
    /// In scalars of the text.
    let place: Int
    /// How deep nodes are nested in it.
    let depth: Int

    /// - Throws: when it would be nested too deep.
    init(_ kind: Kind, at place: Int) throws(ExpressionError) {
        self.kind = kind
        self.place = place
        depth = 1 + (Self.children(of: kind).lazy.map(\.depth).max() ?? 0)
        guard depth <= CompiledExpression.maximumDepth else {
            throw ExpressionError(
                "operators and brackets are nested deeper than \(CompiledExpression.maximumDepth)", at: place)
        }
    }

    private static func children(of kind: Kind) -> [Node] {
        switch kind {
        case .constant, .name, .pointer: []
        case .unary(_, let node), .chain(let node), .predicate(let node): [node]
        case .binary(_, let left, let right), .variable(_, let left, let right), .member(let left, let right, _):
            [left, right]
        case .logical(_, let nodes), .array(let nodes), .sequence(let nodes), .call(_, let nodes, _): nodes
        case .conditional(let condition, let first, let second): [condition, first, second]
        case .map(let pairs): pairs.flatMap { [$0.key, $0.value] }
        case .slice(let node, let from, let to): [node] + [from, to].compactMap { $0 }
        case .method(let node, _, let arguments, _): [node] + arguments
        }
    }
}
