/// A value of the expression language.
package enum ExpressionValue: Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(String)
    case bytes([UInt8])
    case array(ValueList)
    case map(ValueMap)
    /// Nanoseconds.
    case duration(Int)
    /// Nanoseconds since 1970 (UTC).
    case time(Int)
    /// What a function of the environment has made of a constant argument, for itself.
    case prepared(any AnyObject & Sendable)

    /// How deep lists and maps are nested in it.
    var depth: Int {
        switch self {
        case .array(let list): list.depth
        case .map(let map): map.depth
        default: 0
        }
    }

    var isNull: Bool {
        if case .null = self { return true }
        return false
    }
}

// Values are keys of maps: there, as in Go, 1 and 1.0 are two.
extension ExpressionValue: Hashable {
    package static func == (left: ExpressionValue, right: ExpressionValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.int(let left), .int(let right)): left == right
        case (.float(let left), .float(let right)): left == right
        case (.string(let left), .string(let right)): left.hasSameOctets(as: right)
        case (.bytes(let left), .bytes(let right)): left == right
        case (.array(let left), .array(let right)): left.elements == right.elements
        case (.map(let left), .map(let right)): left == right
        case (.duration(let left), .duration(let right)), (.time(let left), .time(let right)): left == right
        default: false
        }
    }

    package func hash(into hasher: inout Hasher) {
        switch self {
        case .null, .prepared: break
        case .bool(let value): hasher.combine(value)
        case .int(let value), .duration(let value), .time(let value): hasher.combine(value)
        case .float(let value): hasher.combine(value)
        case .string(let value): hasher.combine(value)
        case .bytes(let value): hasher.combine(value)
        case .array(let list): hasher.combine(list.elements)
        case .map(let map): hasher.combine(map.count)
        }
    }
}

extension ExpressionValue {
    /// Whether the operator `==` holds: numbers are compared as numbers, all else by type and value.
    func equals(_ other: ExpressionValue, _ run: ExpressionRun) throws(ExpressionFailure) -> Bool {
        switch (self, other) {
        case (.int(let left), .float(let right)): return Double(left) == right
        case (.float(let left), .int(let right)): return left == Double(right)
        case (.string(let left), .string(let right)):
            if left.utf8.count > 64 { try run.spend(octets: left.utf8.count) }
            return left.hasSameOctets(as: right)
        case (.array(let left), .array(let right)):
            guard left.elements.count == right.elements.count else { return false }
            try run.spend(left.elements.count)
            for index in left.elements.indices where try !left.elements[index].equals(right.elements[index], run) {
                return false
            }
            return true
        case (.map(let left), .map(let right)):
            try run.spend(left.count)
            return left == right
        default: return self == other
        }
    }

    /// Whether the operator `<` holds.
    func isLess(than other: ExpressionValue) throws(ExpressionFailure) -> Bool {
        switch (self, other) {
        case (.int(let left), .int(let right)): return left < right
        case (.int(let left), .float(let right)): return Double(left) < right
        case (.float(let left), .int(let right)): return left < Double(right)
        case (.float(let left), .float(let right)): return left < right
        case (.string(let left), .string(let right)): return left.utf8.lexicographicallyPrecedes(right.utf8)
        case (.duration(let left), .duration(let right)), (.time(let left), .time(let right)): return left < right
        default: throw .wrongType
        }
    }
}
