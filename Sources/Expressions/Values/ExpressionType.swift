/// What is known of a value before there is one.
package indirect enum ExpressionType: Sendable, Hashable, CustomStringConvertible {
    /// Nothing.
    case any
    case null
    case bool
    case int
    case float
    case string
    case bytes
    case array(ExpressionType)
    /// Of texts, or of anything, to something.
    case map(key: ExpressionType, ExpressionType)
    case duration
    case time

    package var description: String {
        switch self {
        case .any: "any"
        case .null: "nil"
        case .bool: "bool"
        case .int: "int"
        case .float: "float"
        case .string: "string"
        case .bytes: "bytes"
        case .array: "array"
        case .map: "map"
        case .duration: "duration"
        case .time: "time"
        }
    }

    /// Whether a value may be of this type: it is, or nothing is known.
    func maybe(_ other: ExpressionType) -> Bool {
        self == other || self == .any
    }

    var isNumber: Bool { self == .int || self == .float }
    var maybeNumber: Bool { isNumber || self == .any }

    var isArray: Bool {
        if case .array = self { return true }
        return false
    }

    var maybeArray: Bool { isArray || self == .any }

    var isMap: Bool {
        if case .map = self { return true }
        return false
    }

    /// Of the elements of a list or the values of a map.
    var element: ExpressionType {
        switch self {
        case .array(let element), .map(_, let element): element
        default: .any
        }
    }

    /// Whether values of both can be compared with `==`.
    func isComparable(to other: ExpressionType) -> Bool {
        if self == .any || other == .any || self == .null || other == .null { return true }
        if isNumber && other.isNumber || isArray && other.isArray || isMap && other.isMap { return true }
        return self == other
    }

    /// Of a value that is either of this type or of `other`.
    func joined(with other: ExpressionType) -> ExpressionType {
        if self == other || other == .null { return self }
        if self == .null { return other }
        return isArray && other.isArray ? .array(.any) : .any
    }
}

extension ExpressionValue {
    /// Its type, without that of what is in it.
    var type: ExpressionType {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .float: .float
        case .string: .string
        case .bytes: .bytes
        case .array: .array(.any)
        case .map: .map(key: .any, .any)
        case .duration: .duration
        case .time: .time
        case .prepared: .any
        }
    }
}
