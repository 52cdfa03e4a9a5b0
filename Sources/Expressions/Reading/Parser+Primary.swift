extension Parser {
    /// An operand, with what is selected of it.
    mutating func primary() throws(ExpressionError) -> Node {
        let token = current
        if token.kind == .sign, let binding = Operators.unary[token.text] {
            advance()
            return try postfix(try Node(.unary(token.text, try expression(binding)), at: token.place))
        }
        if passes("(") {
            let node = try sequence()
            try expect(")")
            return try postfix(node)
        }
        if predicates > 0, token.isSign("#") || token.isSign(".") {
            var name = ""
            if passes("#"), current.kind == .word {
                name = current.text
                advance()
            }
            return try postfix(try Node(.pointer(name), at: token.place))
        }
        if passes("::") {
            let name = current
            guard name.kind == .word, following.isSign("(") else { throw unexpected(", a function was expected") }
            advance()
            return try postfix(try call(name, [], isBuiltin: true))
        }
        return try operand()
    }

    private mutating func operand() throws(ExpressionError) -> Node {
        let token = current
        switch token.kind {
        case .word:
            advance()
            if let value = Self.constants[token.text] { return try Node(.constant(value), at: token.place) }
            guard current.isSign("(") else { return try postfix(try Node(.name(token.text), at: token.place)) }
            return try postfix(try call(token, [], isBuiltin: false))
        case .number:
            advance()
            return try Node(.constant(try Self.number(token)), at: token.place)
        case .string:
            advance()
            return try postfix(try Node(.constant(.string(token.text)), at: token.place))
        case .bytes:
            advance()
            return try postfix(try Node(.constant(.bytes(token.octets)), at: token.place))
        case .sign where token.text == "[":
            return try postfix(try array())
        case .sign where token.text == "{":
            return try postfix(try map())
        default:
            throw unexpected()
        }
    }

    private static let constants: [String: ExpressionValue] = [
        "true": .bool(true), "false": .bool(false), "nil": .null,
    ]

    private static func number(_ token: Token) throws(ExpressionError) -> ExpressionValue {
        let text = token.text.filter { $0 != "_" }.lowercased()
        let radices: [String: Int] = ["0x": 16, "0o": 8, "0b": 2]
        if let radix = radices[String(text.prefix(2))] {
            guard let value = Int(text.dropFirst(2), radix: radix) else {
                throw ExpressionError("invalid number '\(token.text)'", at: token.place)
            }
            return .int(value)
        }
        if text.contains(".") || text.contains("e") {
            let whole = text.hasPrefix(".") ? "0" + text : text
            guard let value = Double(whole.hasSuffix(".") ? whole + "0" : whole), value.isFinite else {
                throw ExpressionError("invalid number '\(token.text)'", at: token.place)
            }
            return .float(value)
        }
        guard let value = Int(text) else {
            throw ExpressionError("the number '\(token.text)' is too large", at: token.place)
        }
        return .int(value)
    }

    private mutating func array() throws(ExpressionError) -> Node {
        let place = current.place
        advance()
        return try Node(.array(try list(until: "]")), at: place)
    }

    /// Parts separated by commas, with or without one at the end, and what closes them.
    private mutating func list(until end: String) throws(ExpressionError) -> [Node] {
        var nodes: [Node] = []
        while !current.isSign(end) {
            if !nodes.isEmpty {
                try expect(",")
                if current.isSign(end) { break }
            }
            nodes.append(try expression())
        }
        try expect(end)
        return nodes
    }

    private mutating func map() throws(ExpressionError) -> Node {
        let place = current.place
        advance()
        var pairs: [(key: Node, value: Node)] = []
        while !current.isSign("}") {
            if !pairs.isEmpty {
                try expect(",")
                if current.isSign("}") { break }
            }
            let key = try mapKey()
            try expect(":")
            pairs.append((key, try expression()))
        }
        advance()
        return try Node(.map(pairs), at: place)
    }

    private mutating func mapKey() throws(ExpressionError) -> Node {
        let token = current
        switch token.kind {
        case .number, .string, .word:
            advance()
            return try Node(.constant(.string(token.text)), at: token.place)
        case .sign where token.text == "(":
            return try expression()
        default:
            throw unexpected(", a key was expected: a name, a text, a number or an expression in brackets")
        }
    }

    // MARK: Calls

    /// The function to which `left` is passed on.
    mutating func pipe(_ left: Node) throws(ExpressionError) -> Node {
        let name = current
        guard name.kind == .word else { throw unexpected(", a function was expected") }
        advance()
        return try postfix(try call(name, [left], isBuiltin: false))
    }

    /// A call of `name`, of which `arguments` are there already; the position is at the opening bracket.
    private mutating func call(
        _ name: Token, _ arguments: [Node], isBuiltin: Bool
    ) throws(ExpressionError) -> Node {
        try expect("(")
        var arguments = arguments
        if let kinds = Builtins.predicates[name.text], isBuiltin || !overridden.contains(name.text) {
            let given = arguments.count
            for (index, isPredicate) in kinds.enumerated().dropFirst(given) where !current.isSign(")") {
                if index > given { try expect(",") }
                if current.isSign(")") { break }
                arguments.append(isPredicate ? try predicate() : try expression())
            }
            _ = passes(",")
            try expect(")")
        } else {
            arguments += try list(until: ")")
        }
        return try Node(.call(name.text, arguments, isBuiltin: isBuiltin), at: name.place)
    }

    private mutating func predicate() throws(ExpressionError) -> Node {
        let place = current.place
        predicates += 1
        defer { predicates -= 1 }
        guard passes("{") else {
            let node = try expression()
            if current.isSign(";") { throw unexpected(", wrap the predicate in { and }") }
            return try Node(.predicate(node), at: place)
        }
        let node = try sequence()
        try expect("}")
        return try Node(.predicate(node), at: place)
    }

    // MARK: Selection

    /// What is selected of `node`: members, elements, parts.
    mutating func postfix(_ node: Node) throws(ExpressionError) -> Node {
        var node = node
        while current.kind == .sign {
            if current.text == "." || current.text == "?." {
                node = try member(of: node)
            } else if current.text == "[" {
                node = try element(of: node, isOptional: false)
            } else {
                break
            }
        }
        return node
    }

    private mutating func member(of base: Node) throws(ExpressionError) -> Node {
        let isOptional = current.text == "?."
        // A point that stands for the element of a predicate has not been passed over.
        advance()
        if isOptional, current.isSign("[") { return try element(of: base, isOptional: true) }
        let name = current
        guard name.kind == .word || name.kind == .sign && Lexer.keywords.contains(name.text) else {
            throw unexpected(", a name was expected")
        }
        advance()
        let (inner, isChain) = Self.unchained(base)
        let node: Node
        if passes("(") {
            node = try Node(
                .method(inner, name.text, try list(until: ")"), isOptional: isOptional), at: name.place)
        } else {
            let key = try Node(.constant(.string(name.text)), at: name.place)
            node = try Node(.member(inner, key, isOptional: isOptional), at: name.place)
        }
        return isChain || isOptional ? try Node(.chain(node), at: name.place) : node
    }

    private static func unchained(_ node: Node) -> (Node, Bool) {
        if case .chain(let inner) = node.kind { return (inner, true) }
        return (node, false)
    }

    /// `base[index]` or `base[from:to]`; the position is at the bracket.
    private mutating func element(of base: Node, isOptional: Bool) throws(ExpressionError) -> Node {
        let place = current.place
        advance()
        var from: Node?
        if !current.isSign(":") {
            let index = try expression()
            if passes("]") {
                let node = try Node(.member(base, index, isOptional: isOptional), at: place)
                return isOptional ? try Node(.chain(node), at: place) : node
            }
            from = index
        }
        try expect(":")
        let to = current.isSign("]") ? nil : try expression()
        try expect("]")
        return try Node(.slice(base, from, to), at: place)
    }
}
