import Expressions

/// What expressions of the tests are evaluated for.
final class Sample: ExpressionSubject {
    static let functions = [
        ExpressionFunction("name", [], .string), ExpressionFunction("size", [], .int),
        ExpressionFunction("label", [.string], .string), ExpressionFunction("anything", [], .any),
        ExpressionFunction("type", [], .string), ExpressionFunction("nothing", [], .any),
        ExpressionFunction(
            "even", [.int], .bool,
            prepare: { _, value throws(ExpressionFunction.BadArgument) in
                guard case .int(let number) = value else { return nil }
                if number < 0 { throw ExpressionFunction.BadArgument("no number below zero") }
                return .int(number % 2)
            }),
    ]

    var anything = ExpressionValue.null
    var name = "a.example.org."
    /// 2026-11-30 22:34:05, a Monday.
    let wallClock = 1_796_078_045_000_000_000

    func value(of index: Int, _ arguments: [ExpressionValue]) throws(ExpressionFailure) -> ExpressionValue {
        switch Self.functions[index].name {
        case "name": return .string(name)
        case "size": return .int(31)
        case "label":
            guard case .string(let text) = arguments[0] else { throw .wrongType }
            return .string("<\(text)>")
        case "type": return .string("AAAA")
        case "even": return .bool(arguments[0] == .int(0))
        case "nothing": return .null
        default: return anything
        }
    }

    /// The value of `text`.
    static func value(of text: String, anything: ExpressionValue = .null) throws -> ExpressionValue {
        let sample = Sample()
        sample.anything = anything
        return try CompiledExpression(text, functions: functions).value(in: ExpressionRun(sample))
    }

    /// Why `text` was refused.
    static func refusal(of text: String) -> ExpressionError? {
        do throws(ExpressionError) {
            _ = try CompiledExpression(text, functions: functions)
            return nil
        } catch {
            return error
        }
    }

    /// Why `text` has no value.
    static func failure(of text: String, anything: ExpressionValue = .null) throws -> ExpressionFailure? {
        let sample = Sample()
        sample.anything = anything
        let expression = try CompiledExpression(text, functions: functions)
        do throws(ExpressionFailure) {
            _ = try expression.value(in: ExpressionRun(sample))
            return nil
        } catch {
            return error
        }
    }
}
