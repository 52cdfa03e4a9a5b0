extension GoFunction {
    /// Whether the first argument is one of the others.
    func isEqual(_ arguments: [GoValue]) throws(GoTemplateError) -> Bool {
        guard arguments.count > 1 else { throw wrong("missing argument for comparison") }
        for right in arguments.dropFirst() where try isEqual(arguments[0], right) { return true }
        return false
    }

    private func isEqual(_ left: GoValue, _ right: GoValue) throws(GoTemplateError) -> Bool {
        switch (left, right) {
        case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
        case (.number(let left, _), .number(let right, _)): left == right
        case (.float(let left), .float(let right)): left == right
        case (.bool(let left), .bool(let right)): left == right
        // Nothing is as much as nothing else, and no more than itself.
        case (.none, .none), (.null, .none), (.none, .null), (.null, .null), (.data, .data): true
        case (.none, _), (_, .none), (.null, _), (_, .null): false
        case (.list, .list), (.map, .map):
            throw wrong("non-comparable type \(left.typeName)")
        case (.object(let left), .object(let right)) where left.type == right.type: left == right
        default: throw wrong("incompatible types for comparison")
        }
    }

    func isLess(_ left: GoValue, _ right: GoValue) throws(GoTemplateError) -> Bool {
        switch (left, right) {
        case (.string(let left), .string(let right)): return Self.precedes(left, right)
        case (.number(let left, _), .number(let right, _)): return left < right
        case (.float(let left), .float(let right)): return left < right
        default:
            guard left.isBasic, right.isBasic, left.typeName != "bool" || right.typeName != "bool" else {
                throw wrong("invalid type for comparison")
            }
            throw wrong("incompatible types for comparison")
        }
    }
}

extension GoValue {
    fileprivate var isBasic: Bool {
        switch self {
        case .string, .number, .float, .bool: true
        default: false
        }
    }
}
