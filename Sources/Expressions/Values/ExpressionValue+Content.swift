extension ExpressionValue {
    /// Its octets.
    func string() throws(ExpressionFailure) -> String {
        guard case .string(let text) = self else { throw .wrongType }
        return text
    }

    func bool() throws(ExpressionFailure) -> Bool {
        guard case .bool(let value) = self else { throw .wrongType }
        return value
    }

    /// A number as an integer, towards zero.
    func integer() throws(ExpressionFailure) -> Int {
        switch self {
        case .int(let value): return value
        case .float(let value):
            guard let whole = Int(exactly: value.rounded(.towardZero)) else { throw .outOfRange }
            return whole
        default: throw .wrongType
        }
    }

    func number() throws(ExpressionFailure) -> Double {
        switch self {
        case .int(let value): return Double(value)
        case .float(let value): return value
        default: throw .wrongType
        }
    }

    func elements() throws(ExpressionFailure) -> [ExpressionValue] {
        guard case .array(let list) = self else { throw .wrongType }
        return list.elements
    }

    func map() throws(ExpressionFailure) -> ValueMap {
        guard case .map(let map) = self else { throw .wrongType }
        return map
    }

    /// A list of `elements`.
    static func list(_ elements: [ExpressionValue], _ run: ExpressionRun) throws(ExpressionFailure) -> ExpressionValue {
        try run.spend(elements.count)
        return .array(try ValueList(elements))
    }

    /// A text that was just made.
    static func text(_ text: String, _ run: ExpressionRun) throws(ExpressionFailure) -> ExpressionValue {
        try run.spend(octets: text.utf8.count)
        return .string(text)
    }
}
