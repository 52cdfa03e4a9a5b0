import Glibc

/// The operators that calculate.
///
/// Integers wrap, as in Go.
enum Arithmetic {
    struct Operation: Sendable {
        /// The type of the result; nil when the operator does not take the two.
        let type: @Sendable (ExpressionType, ExpressionType) -> ExpressionType?
        let apply:
            @Sendable (ExpressionValue, ExpressionValue, ExpressionRun) throws(ExpressionFailure) -> ExpressionValue
    }

    static let operations: [String: Operation] = [
        "+": Operation(type: sumType, apply: sum),
        "-": Operation(type: differenceType, apply: difference),
        "*": Operation(type: productType, apply: product),
        "/": Operation(type: floatType) { left, right, _ throws(ExpressionFailure) in
            .float(try left.number() / right.number())
        },
        "%": Operation(type: remainderType) { left, right, _ throws(ExpressionFailure) in
            guard case .int(let left) = left, case .int(let right) = right else { throw .wrongType }
            guard right != 0 else { throw .outOfRange }
            // The only remainder that overflows.
            return .int(right == -1 ? 0 : left % right)
        },
        "**": Operation(type: floatType, apply: power),
        "^": Operation(type: floatType, apply: power),
    ]

    static func negated(_ value: ExpressionValue) throws(ExpressionFailure) -> ExpressionValue {
        switch value {
        case .int(let value): .int(0 &- value)
        case .float(let value): .float(-value)
        case .duration(let value): .duration(0 &- value)
        default: throw .wrongType
        }
    }

    static func sum(
        _ left: ExpressionValue, _ right: ExpressionValue, _ run: ExpressionRun
    ) throws(ExpressionFailure) -> ExpressionValue {
        switch (left, right) {
        case (.int(let left), .int(let right)): return .int(left &+ right)
        case (.string(let left), .string(let right)):
            try run.spend(octets: left.utf8.count + right.utf8.count)
            return .string(left + right)
        case (.time(let left), .duration(let right)), (.duration(let left), .time(let right)):
            return .time(left &+ right)
        case (.duration(let left), .duration(let right)): return .duration(left &+ right)
        default: return .float(try left.number() + right.number())
        }
    }

    private static func difference(
        _ left: ExpressionValue, _ right: ExpressionValue, _ run: ExpressionRun
    ) throws(ExpressionFailure) -> ExpressionValue {
        switch (left, right) {
        case (.int(let left), .int(let right)): .int(left &- right)
        case (.time(let left), .time(let right)): .duration(left &- right)
        case (.time(let left), .duration(let right)): .time(left &- right)
        case (.duration(let left), .duration(let right)): .duration(left &- right)
        default: .float(try left.number() - right.number())
        }
    }

    private static func product(
        _ left: ExpressionValue, _ right: ExpressionValue, _ run: ExpressionRun
    ) throws(ExpressionFailure) -> ExpressionValue {
        switch (left, right) {
        case (.int(let left), .int(let right)): return .int(left &* right)
        case (.duration(let left), .int(let right)), (.int(let left), .duration(let right)),
            (.duration(let left), .duration(let right)):
            return .duration(left &* right)
        case (.duration(let span), .float(let factor)), (.float(let factor), .duration(let span)):
            return .duration(try ExpressionValue.float(Double(span) * factor).integer())
        default: return .float(try left.number() * right.number())
        }
    }

    private static func power(
        _ left: ExpressionValue, _ right: ExpressionValue, _ run: ExpressionRun
    ) throws(ExpressionFailure) -> ExpressionValue {
        .float(pow(try left.number(), try right.number()))
    }

    // MARK: Types

    /// Of numbers; nil when one of the two is none.
    private static func numberType(_ left: ExpressionType, _ right: ExpressionType) -> ExpressionType? {
        guard left.isNumber, right.isNumber else { return nil }
        return left == .float || right == .float ? .float : .int
    }

    /// Of two of which one may be anything, the other one of `types`.
    private static func unknown(
        _ left: ExpressionType, _ right: ExpressionType, _ types: [ExpressionType]
    ) -> ExpressionType? {
        guard left == .any || right == .any else { return nil }
        return [left, right].allSatisfy { $0 == .any || $0.isNumber || types.contains($0) } ? .any : nil
    }

    @Sendable private static func sumType(_ left: ExpressionType, _ right: ExpressionType) -> ExpressionType? {
        switch (left, right) {
        case (.string, .string): .string
        case (.time, .duration), (.duration, .time): .time
        case (.duration, .duration): .duration
        default: numberType(left, right) ?? unknown(left, right, [.string, .time, .duration])
        }
    }

    @Sendable private static func differenceType(_ left: ExpressionType, _ right: ExpressionType) -> ExpressionType? {
        switch (left, right) {
        case (.time, .time), (.duration, .duration): .duration
        case (.time, .duration): .time
        default: numberType(left, right) ?? unknown(left, right, [.time, .duration])
        }
    }

    @Sendable private static func productType(_ left: ExpressionType, _ right: ExpressionType) -> ExpressionType? {
        if left == .duration || right == .duration {
            let other = left == .duration ? right : left
            return other.maybeNumber || other == .duration ? .duration : nil
        }
        return numberType(left, right) ?? unknown(left, right, [.duration])
    }

    @Sendable private static func floatType(_ left: ExpressionType, _ right: ExpressionType) -> ExpressionType? {
        left.maybeNumber && right.maybeNumber ? .float : nil
    }

    @Sendable private static func remainderType(_ left: ExpressionType, _ right: ExpressionType) -> ExpressionType? {
        left.maybe(.int) && right.maybe(.int) ? .int : nil
    }
}
