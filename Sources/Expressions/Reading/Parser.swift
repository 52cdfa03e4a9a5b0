/// Reads an expression: the words become a tree.
///
/// Operators are read by how tightly they bind (precedence climbing).
struct Parser {
    let tokens: [Token]
    private var index = 0
    /// Names that mean functions of the environment, though the language has some of the same name.
    let overridden: Set<String>
    /// How many predicates the position is in: there `#` and a leading point mean something.
    var predicates = 0
    /// How many parts it is reading, one within the other.
    private var nesting = 0

    init(_ text: String, overridden: Set<String>) throws(ExpressionError) {
        var lexer = Lexer(text)
        tokens = try lexer.tokens()
        self.overridden = overridden
    }

    mutating func parse() throws(ExpressionError) -> Node {
        let node = try sequence()
        guard current.kind == .end else { throw unexpected() }
        return node
    }

    // MARK: Words

    var current: Token { tokens[index] }

    /// The word behind the current one.
    var following: Token { tokens[min(index + 1, tokens.count - 1)] }

    mutating func advance() {
        index = min(index + 1, tokens.count - 1)
    }

    /// Passes over `sign`, which must stand here.
    mutating func expect(_ sign: String) throws(ExpressionError) {
        guard current.isSign(sign) else { throw unexpected(", '\(sign)' was expected") }
        advance()
    }

    /// Passes over `sign` if it stands here.
    mutating func passes(_ sign: String) -> Bool {
        guard current.isSign(sign) else { return false }
        advance()
        return true
    }

    func unexpected(_ more: String = "") -> ExpressionError {
        ExpressionError("unexpected \(current.name)\(more)", at: current.place)
    }

    // MARK: Parts

    /// Parts separated by semicolons, of which the last one is the value.
    mutating func sequence() throws(ExpressionError) -> Node {
        let place = current.place
        var nodes = [try expression()]
        while passes(";") {
            if current.kind == .end { break }
            nodes.append(try expression())
        }
        return nodes.count == 1 ? nodes[0] : try Node(.sequence(nodes), at: place)
    }

    mutating func expression(_ precedence: Int = 0) throws(ExpressionError) -> Node {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= CompiledExpression.maximumDepth else {
            throw ExpressionError(
                "operators and brackets are nested deeper than \(CompiledExpression.maximumDepth)", at: current.place)
        }
        if precedence == 0, current.isSign("let") { return try variable() }
        if precedence == 0, current.isSign("if") { return try branches() }
        let node = try operators(try primary(), precedence)
        return precedence == 0 ? try conditional(node) : node
    }

    /// Parts joined by `and`, or by `or`, as far as they have been read.
    private struct Joined {
        let isAnd: Bool
        let place: Int
        var parts: [Node]

        func node() throws(ExpressionError) -> Node {
            try Node(.logical(isAnd: isAnd, parts), at: place)
        }
    }

    /// The operators behind `left` that bind at least as tightly as `precedence`.
    private mutating func operators(_ left: Node, _ precedence: Int) throws(ExpressionError) -> Node {
        var (left, former) = (left, "")
        // However many parts `and` joins, they are one list.
        var joined: Joined?
        while current.kind == .sign {
            let isNegated = current.isSign("not")
            let sign = isNegated ? following : current
            if isNegated, !Operators.negatable.contains(sign.text) {
                throw ExpressionError("unexpected \(sign.name) behind 'not'", at: sign.place)
            }
            guard let binding = Operators.binary[sign.text], binding >= precedence else { break }
            if former == "??", sign.text != "??", sign.text != "|" {
                throw ExpressionError("'\(sign.text)' behind '??' needs brackets around one of them", at: sign.place)
            }
            if isNegated { advance() }
            advance()
            former = sign.text
            if let isAnd = Operators.logical[sign.text] {
                let right = try expression(binding + 1)
                if joined?.isAnd == isAnd {
                    joined?.parts.append(right)
                } else {
                    left = try joined?.node() ?? left
                    joined = Joined(isAnd: isAnd, place: sign.place, parts: [left, right])
                }
                continue
            }
            left = try joined?.node() ?? left
            joined = nil
            left = try apply(sign, left, binding)
            if isNegated { left = try Node(.unary("not", left), at: sign.place) }
        }
        return try joined?.node() ?? left
    }

    /// `left` and what stands behind `sign`.
    private mutating func apply(_ sign: Token, _ left: Node, _ binding: Int) throws(ExpressionError) -> Node {
        if sign.text == "|" { return try pipe(left) }
        if Operators.comparisons.contains(sign.text) { return try comparisons(left, sign, binding) }
        let right = try expression(Operators.rightAssociative.contains(sign.text) ? binding : binding + 1)
        return try Node(.binary(sign.text, left, right), at: sign.place)
    }

    /// `a < b < c` is `a < b && b < c`.
    private mutating func comparisons(
        _ first: Node, _ sign: Token, _ binding: Int
    ) throws(ExpressionError) -> Node {
        var (left, sign, parts) = (first, sign, [Node]())
        while true {
            let right = try expression(binding + 1)
            parts.append(try Node(.binary(sign.text, left, right), at: sign.place))
            guard current.kind == .sign, Operators.comparisons.contains(current.text) else { break }
            (left, sign) = (right, current)
            advance()
        }
        return parts.count == 1 ? parts[0] : try Node(.logical(isAnd: true, parts), at: sign.place)
    }

    private mutating func conditional(_ node: Node) throws(ExpressionError) -> Node {
        var node = node
        while current.isSign("?") {
            let place = current.place
            advance()
            var first = node
            if !current.isSign(":") { first = try expression() }
            try expect(":")
            node = try Node(.conditional(node, first, try expression()), at: place)
        }
        return node
    }

    private mutating func variable() throws(ExpressionError) -> Node {
        advance()
        let name = current
        guard name.kind == .word else { throw unexpected(", the name of a variable was expected") }
        advance()
        try expect("=")
        let value = try expression()
        try expect(";")
        return try Node(.variable(name.text, value, try sequence()), at: name.place)
    }

    /// Reads `if a { b } else { c }`.
    private mutating func branches() throws(ExpressionError) -> Node {
        let place = current.place
        advance()
        let condition = try expression()
        try expect("{")
        let first = try sequence()
        try expect("}")
        try expect("else")
        if current.isSign("if") { return try Node(.conditional(condition, first, try expression()), at: place) }
        try expect("{")
        let second = try sequence()
        try expect("}")
        return try Node(.conditional(condition, first, second), at: place)
    }
}
