/// A function of the language.
struct Builtin: Sendable {
    typealias Body =
        @Sendable ([ExpressionValue], ExpressionRun) throws(ExpressionFailure) -> ExpressionValue

    /// What a parameter takes.
    enum Kind: Sendable {
        case any, string, int, number, array, map, arrayOrMap, numberOrArray, numberOrString, lengthy

        func takes(_ type: ExpressionType) -> Bool {
            guard type != .any else { return true }
            switch self {
            case .any: return true
            case .string: return type == .string
            case .int: return type == .int
            case .number: return type.isNumber
            case .array: return type.isArray
            case .map: return type.isMap
            case .arrayOrMap: return type.isArray || type.isMap || type == .null
            case .numberOrArray: return type.isNumber || type.isArray
            case .numberOrString: return type.isNumber || type == .string || type == .duration
            case .lengthy: return type == .string || type.isArray || type.isMap || type == .bytes
            }
        }
    }

    let counts: ClosedRange<Int>
    /// The last one stands for all that follow.
    let parameters: [Kind]
    let result: @Sendable ([ExpressionType]) -> ExpressionType
    let call: Body

    init(
        _ parameters: [Kind], _ result: ExpressionType, atLeast: Int? = nil, atMost: Int? = nil, _ call: @escaping Body
    ) {
        self.init(parameters, { _ in result }, atLeast: atLeast, atMost: atMost, call)
    }

    init(
        _ parameters: [Kind], _ result: @escaping @Sendable ([ExpressionType]) -> ExpressionType,
        atLeast: Int? = nil, atMost: Int? = nil, _ call: @escaping Body
    ) {
        self.parameters = parameters
        self.result = result
        self.call = call
        counts = (atLeast ?? parameters.count)...(atMost ?? parameters.count)
    }
}

/// The functions of the language.
enum Builtins {
    /// Those that take predicates: for each parameter, whether it is one.
    static let predicates: [String: [Bool]] = [
        "all": [false, true], "none": [false, true], "any": [false, true], "one": [false, true],
        "filter": [false, true], "map": [false, true], "count": [false, true], "sum": [false, true],
        "find": [false, true], "findIndex": [false, true], "findLast": [false, true], "findLastIndex": [false, true],
        "groupBy": [false, true], "sortBy": [false, true, false], "reduce": [false, true, false],
    ]

    /// Those that are known and refused, and why.
    static let unserved = ["timezone": "times are in UTC here"]

    static let functions = texts.merging(numbers, uniquingKeysWith: first).merging(lists, uniquingKeysWith: first)
        .merging(maps, uniquingKeysWith: first).merging(conversions, uniquingKeysWith: first)
        .merging(Times.functions, uniquingKeysWith: first)

    private static func first(_ left: Builtin, _ right: Builtin) -> Builtin { left }

    static func isKnown(_ name: String) -> Bool {
        functions[name] != nil || predicates[name] != nil || unserved[name] != nil
    }
}
