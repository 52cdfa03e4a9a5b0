extension Compiler {
    /// `base[key]` and `base.key`.
    mutating func member(
        _ base: Node, _ key: Node, _ isOptional: Bool, _ node: Node
    ) throws(ExpressionError) -> Part {
        let (base, keyPart) = (try compile(base), try compile(key))
        let isField: Bool
        if case .string = keyPart.constant { isField = true } else { isField = false }
        switch base.type {
        case .any: break
        case .array:
            guard keyPart.type.maybe(.int) else {
                throw ExpressionError("elements of a list are chosen by an int, not \(keyPart.type)", at: key.place)
            }
        case .map(let mapKey, _):
            guard mapKey == .any || keyPart.type.maybe(mapKey) else {
                throw ExpressionError(
                    "elements of this map are chosen by a \(mapKey), not \(keyPart.type)", at: key.place)
            }
        case .null where isOptional: break
        default:
            throw ExpressionError("\(base.type) has no \(isField ? "fields" : "elements")", at: node.place)
        }
        let (first, second) = (base.step, keyPart.step)
        return Part(base.type.element) { run throws(ExpressionFailure) in
            try run.spend()
            let value = try first(run)
            if isOptional, value.isNull { throw .endOfChain }
            return try value.element(try second(run))
        }
    }

    /// What `?.` ends early is nil.
    mutating func chain(_ node: Node) throws(ExpressionError) -> Part {
        let part = try compile(node)
        let step = part.step
        return Part(.any) { run throws(ExpressionFailure) in
            do throws(ExpressionFailure) {
                return try step(run)
            } catch .endOfChain {
                return .null
            }
        }
    }

    /// Compiles `base[from:to]`.
    mutating func slice(_ base: Node, _ from: Node?, _ to: Node?, _ node: Node) throws(ExpressionError) -> Part {
        let base = try compile(base)
        guard base.type.maybeArray || base.type == .string else {
            throw ExpressionError("\(base.type) has no parts", at: node.place)
        }
        let (step, from, to) = (base.step, try bound(from), try bound(to))
        return Part(base.type) { run throws(ExpressionFailure) in
            let value = try step(run)
            let (low, high) = (try from?(run).integer() ?? 0, try to?(run).integer())
            switch value {
            case .string(let text):
                return try .text(text.octets(Self.range(low, high, text.utf8.count)), run)
            case .array(let list):
                return try .list(Array(list.elements[Self.range(low, high, list.elements.count)]), run)
            default: throw .wrongType
            }
        }
    }

    private mutating func bound(_ node: Node?) throws(ExpressionError) -> Step? {
        guard let node else { return nil }
        let part = try compile(node)
        guard part.type.maybe(.int) else {
            throw ExpressionError("the bounds of a part are int, not \(part.type)", at: node.place)
        }
        return part.step
    }

    /// What bounds mean for `count` elements: below zero they count from the end, and none is out of range.
    private static func range(_ from: Int, _ to: Int?, _ count: Int) -> Range<Int> {
        func place(_ bound: Int) -> Int {
            min(max(bound < 0 ? count &+ bound : bound, 0), count)
        }
        let end = to.map(place) ?? count
        return min(place(from), end)..<end
    }

    /// Compiles `base.name(arguments)`.
    mutating func method(
        _ base: Node, _ name: String, _ arguments: [Node], _ isOptional: Bool, _ node: Node
    ) throws(ExpressionError) -> Part {
        let base = try compile(base)
        guard [.any, .time, .duration].contains(base.type) else {
            throw ExpressionError("\(base.type) has no method '\(name)'", at: node.place)
        }
        guard let method = Times.methods[name], base.type == .any || method.types.contains(base.type) else {
            throw ExpressionError("\(base.type) has no method '\(name)' here", at: node.place)
        }
        guard arguments.isEmpty else { throw ExpressionError("'\(name)' takes no arguments", at: node.place) }
        let (step, apply) = (base.step, method.apply)
        return Part(method.result) { run throws(ExpressionFailure) in
            try run.spend(4)
            let value = try step(run)
            if isOptional, value.isNull { throw .endOfChain }
            return try apply(value)
        }
    }
}

extension ExpressionValue {
    /// The element of a list, counted from its end when `key` is below zero, or of a map: nil where that has no such key.
    func element(_ key: ExpressionValue) throws(ExpressionFailure) -> ExpressionValue {
        switch self {
        case .array(let list):
            let index = try key.integer()
            let place = index < 0 ? list.elements.count &+ index : index
            guard list.elements.indices.contains(place) else { throw .outOfRange }
            return list.elements[place]
        case .map(let map): return map[key] ?? .null
        default: throw .wrongType
        }
    }
}
