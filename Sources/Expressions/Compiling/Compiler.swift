/// Makes steps of a tree, and checks the types of what is known beforehand.
struct Compiler {
    /// A part of an expression, ready to be evaluated.
    struct Part {
        let type: ExpressionType
        let step: Step
        /// Its value when that is always the same.
        var constant: ExpressionValue?

        init(_ type: ExpressionType, _ step: @escaping Step) {
            self.type = type
            self.step = step
        }

        init(_ constant: ExpressionValue, _ type: ExpressionType? = nil) {
            self.type = type ?? constant.type
            self.constant = constant
            step = { run throws(ExpressionFailure) in
                try run.spend()
                return constant
            }
        }
    }

    /// What a name or `#` stands for.
    struct Slot {
        let index: Int
        let type: ExpressionType
    }

    let functions: [ExpressionFunction]
    /// How many slots an evaluation needs.
    private(set) var slotCount = 0
    private var variables: [(name: String, slot: Slot)] = []
    /// What `#` and its like stand for, in each of the predicates around the position.
    private var pointers: [[String: Slot]] = []

    init(_ functions: [ExpressionFunction]) {
        self.functions = functions
    }

    mutating func makeSlot(_ type: ExpressionType) -> Slot {
        slotCount += 1
        return Slot(index: slotCount - 1, type: type)
    }

    /// Compiles `node` where `#` and its like stand for `slots`.
    mutating func compile(_ node: Node, pointers slots: [String: Slot]) throws(ExpressionError) -> Part {
        pointers.append(slots)
        defer { pointers.removeLast() }
        return try compile(node)
    }

    mutating func compile(_ node: Node) throws(ExpressionError) -> Part {
        switch node.kind {
        case .constant(let value): return Part(value)
        case .name(let name): return try variable(name, node)
        case .pointer(let name): return try pointer(name, node)
        case .unary(let sign, let operand): return try unary(sign, operand, node)
        case .binary(let sign, let left, let right): return try binary(sign, left, right, node)
        case .logical(let isAnd, let parts): return try logical(isAnd, parts, node)
        case .conditional(let condition, let first, let second): return try conditional(condition, first, second)
        case .array(let nodes): return try array(nodes)
        case .map(let pairs): return try map(pairs)
        case .member(let base, let key, let isOptional): return try member(base, key, isOptional, node)
        case .chain(let inner): return try chain(inner)
        case .slice(let base, let from, let to): return try slice(base, from, to, node)
        case .call(let name, let arguments, let isBuiltin): return try call(name, arguments, isBuiltin, node)
        case .method(let base, let name, let arguments, let isOptional):
            return try method(base, name, arguments, isOptional, node)
        case .predicate(let inner): return try compile(inner)
        case .variable(let name, let value, let rest): return try declaration(name, value, rest, node)
        case .sequence(let nodes): return try sequence(nodes)
        }
    }

    // MARK: Names

    private func variable(_ name: String, _ node: Node) throws(ExpressionError) -> Part {
        if let slot = variables.last(where: { $0.name == name })?.slot { return Self.read(slot) }
        if name == "$env" {
            throw ExpressionError("'$env' is not served: call the functions by their names", at: node.place)
        }
        if functions.contains(where: { $0.name == name }) || Builtins.isKnown(name) {
            throw ExpressionError("'\(name)' is a function: write '\(name)(…)'", at: node.place)
        }
        throw ExpressionError("unknown name '\(name)'", at: node.place)
    }

    private static func read(_ slot: Slot) -> Part {
        let index = slot.index
        return Part(slot.type) { run throws(ExpressionFailure) in
            try run.spend()
            return run.slots[index]
        }
    }

    private func pointer(_ name: String, _ node: Node) throws(ExpressionError) -> Part {
        guard let slots = pointers.last else {
            throw ExpressionError("'#' outside of a predicate", at: node.place)
        }
        guard let slot = slots[name] else { throw ExpressionError("unknown pointer '#\(name)'", at: node.place) }
        return Self.read(slot)
    }

    private mutating func declaration(
        _ name: String, _ value: Node, _ rest: Node, _ node: Node
    ) throws(ExpressionError) -> Part {
        guard !functions.contains(where: { $0.name == name }), !Builtins.isKnown(name),
            !variables.contains(where: { $0.name == name })
        else { throw ExpressionError("cannot redeclare '\(name)'", at: node.place) }
        let value = try compile(value)
        let slot = makeSlot(value.type)
        variables.append((name, slot))
        defer { variables.removeLast() }
        let rest = try compile(rest)
        let (index, first, second) = (slot.index, value.step, rest.step)
        return Part(rest.type) { run throws(ExpressionFailure) in
            run.slots[index] = try first(run)
            return try second(run)
        }
    }

    private mutating func sequence(_ nodes: [Node]) throws(ExpressionError) -> Part {
        var parts: [Part] = []
        for node in nodes { parts.append(try compile(node)) }
        let steps = parts.map(\.step)
        return Part(parts.last?.type ?? .null) { run throws(ExpressionFailure) in
            var value = ExpressionValue.null
            for step in steps { value = try step(run) }
            return value
        }
    }

    // MARK: Literals

    private mutating func array(_ nodes: [Node]) throws(ExpressionError) -> Part {
        var parts: [Part] = []
        for node in nodes { parts.append(try compile(node)) }
        let first = parts.first?.type ?? .any
        let element = parts.allSatisfy { $0.type == first } ? first : .any
        let constants = parts.compactMap(\.constant)
        if constants.count == parts.count, let list = try? ValueList(constants) {
            return Part(.array(list), .array(element))
        }
        let steps = parts.map(\.step)
        return Part(.array(element)) { run throws(ExpressionFailure) in
            var elements: [ExpressionValue] = []
            elements.reserveCapacity(steps.count)
            for step in steps { elements.append(try step(run)) }
            return try .list(elements, run)
        }
    }

    private mutating func map(_ pairs: [(key: Node, value: Node)]) throws(ExpressionError) -> Part {
        var steps: [(key: Step, value: Step)] = []
        for pair in pairs {
            let key = try compile(pair.key)
            guard key.type.maybe(.string) else {
                throw ExpressionError("a key of a map must be a string, not \(key.type)", at: pair.key.place)
            }
            steps.append((key.step, try compile(pair.value).step))
        }
        return Part(.map(key: .string, .any)) { [steps] run throws(ExpressionFailure) in
            var map = ValueMap()
            try run.spend(steps.count)
            for step in steps { try map.set(.string(try step.key(run).string()), try step.value(run)) }
            return .map(map)
        }
    }

    private mutating func conditional(
        _ condition: Node, _ first: Node, _ second: Node
    ) throws(ExpressionError) -> Part {
        let test = try compile(condition)
        guard test.type.maybe(.bool) else {
            throw ExpressionError("a condition must be a bool, not \(test.type)", at: condition.place)
        }
        let (first, second) = (try compile(first), try compile(second))
        let (testStep, firstStep, secondStep) = (test.step, first.step, second.step)
        return Part(first.type.joined(with: second.type)) { run throws(ExpressionFailure) in
            try testStep(run).bool() ? try firstStep(run) : try secondStep(run)
        }
    }
}
