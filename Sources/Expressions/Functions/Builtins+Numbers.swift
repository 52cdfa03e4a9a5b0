extension Builtins {
    static let numbers: [String: Builtin] = [
        "abs": Builtin([.number], { $0[0] }) { arguments, _ throws(ExpressionFailure) in
            switch arguments[0] {
            case .int(let value): .int(value < 0 ? 0 &- value : value)
            case .float(let value): .float(value.magnitude)
            default: throw .wrongType
            }
        },
        "ceil": rounding(.up), "floor": rounding(.down), "round": rounding(.toNearestOrAwayFromZero),
        "max": Builtin([.numberOrArray], extremeType, atLeast: 1, atMost: .max) {
            arguments, run throws(ExpressionFailure) in
            try extreme(arguments, run) { left, right throws(ExpressionFailure) in try left.isLess(than: right) }
        },
        "min": Builtin([.numberOrArray], extremeType, atLeast: 1, atMost: .max) {
            arguments, run throws(ExpressionFailure) in
            try extreme(arguments, run) { left, right throws(ExpressionFailure) in try right.isLess(than: left) }
        },
        "mean": Builtin([.numberOrArray], .float, atLeast: 1, atMost: .max) {
            arguments, run throws(ExpressionFailure) in
            let numbers = try flatNumbers(arguments, run)
            var sum = 0.0
            for number in numbers { sum += try number.number() }
            return .float(numbers.isEmpty ? 0 : sum / Double(numbers.count))
        },
        "median": Builtin([.numberOrArray], .float, atLeast: 1, atMost: .max) {
            arguments, run throws(ExpressionFailure) in
            var numbers: [Double] = []
            for number in try flatNumbers(arguments, run) { numbers.append(try number.number()) }
            guard !numbers.isEmpty else { return .float(0) }
            try run.spend(numbers.count &* (Int.bitWidth - numbers.count.leadingZeroBitCount))
            numbers.sort()
            let middle = numbers.count / 2
            return .float(numbers.count % 2 == 1 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2)
        },
        "bitand": bits { $0 & $1 }, "bitor": bits { $0 | $1 }, "bitxor": bits { $0 ^ $1 },
        "bitnand": bits { $0 & ~$1 },
        "bitshl": shift { $0 << $1 }, "bitshr": shift { $0 >> $1 },
        "bitushr": shift { Int(truncatingIfNeeded: UInt(bitPattern: $0) >> UInt(bitPattern: $1)) },
        "bitnot": Builtin([.int], .int) { arguments, _ throws(ExpressionFailure) in .int(~(try arguments[0].integer()))
        },
    ]

    private static func rounding(_ rule: FloatingPointRoundingRule) -> Builtin {
        Builtin([.number], .float) { arguments, _ throws(ExpressionFailure) in
            .float(try arguments[0].number().rounded(rule))
        }
    }

    private static func bits(_ body: @escaping @Sendable (Int, Int) -> Int) -> Builtin {
        Builtin([.int, .int], .int) { arguments, _ throws(ExpressionFailure) in
            .int(body(try arguments[0].integer(), try arguments[1].integer()))
        }
    }

    private static func shift(_ body: @escaping @Sendable (Int, Int) -> Int) -> Builtin {
        Builtin([.int, .int], .int) { arguments, _ throws(ExpressionFailure) in
            let count = try arguments[1].integer()
            guard count >= 0 else { throw .outOfRange }
            return .int(body(try arguments[0].integer(), count))
        }
    }

    /// The numbers of all lists, one within the other.
    private static func flatNumbers(
        _ arguments: [ExpressionValue], _ run: ExpressionRun
    ) throws(ExpressionFailure) -> [ExpressionValue] {
        var numbers: [ExpressionValue] = []
        for argument in arguments {
            try run.spend()
            if case .array(let list) = argument {
                numbers += try flatNumbers(list.elements, run)
            } else {
                _ = try argument.number()
                numbers.append(argument)
            }
        }
        return numbers
    }

    @Sendable private static func extremeType(_ types: [ExpressionType]) -> ExpressionType {
        types.contains { !$0.isNumber } ? .any : types.contains(.float) && types.contains(.int) ? .any : types[0]
    }

    private static func extreme(
        _ arguments: [ExpressionValue], _ run: ExpressionRun,
        _ isWorse: (ExpressionValue, ExpressionValue) throws(ExpressionFailure) -> Bool
    ) throws(ExpressionFailure) -> ExpressionValue {
        var best: ExpressionValue?
        for number in try flatNumbers(arguments, run) {
            guard let former = best else {
                best = number
                continue
            }
            if try isWorse(former, number) { best = number }
        }
        return best ?? .null
    }
}
