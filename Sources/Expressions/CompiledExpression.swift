/// An expression in the language of expr-lang/expr, read once, its types checked, and ready to be evaluated for many subjects.
///
/// Whoever writes a Corefile writes the text; strangers choose what the functions of the environment return. So the text is bounded when
/// it is read, and steps and memory each time it is evaluated (``ExpressionRun``).
///
/// *Source*: the language definition of expr-lang/expr, version 1.17.
package struct CompiledExpression: Sendable {
    /// The longest text that is accepted, in octets.
    package static let maximumLength = 65_536
    /// How deep operators, brackets and functions may be nested.
    package static let maximumDepth = 128

    package let text: String
    /// What it gives, as far as that is known beforehand.
    package let type: ExpressionType
    private let step: Step
    private let slotCount: Int

    /// Reads an expression.
    ///
    /// - Parameter functions: what may be called beside the functions of the language; a name of both means this one.
    /// - Throws: the first mistake.
    package init(_ text: String, functions: [ExpressionFunction] = []) throws(ExpressionError) {
        guard text.utf8.count <= Self.maximumLength else {
            throw ExpressionError("an expression has at most \(Self.maximumLength) octets", at: 0)
        }
        var parser = try Parser(text, overridden: Set(functions.map(\.name)))
        let tree = try parser.parse()
        var compiler = Compiler(functions)
        let compiled = try compiler.compile(tree)
        self.text = text
        type = compiled.type
        step = compiled.step
        slotCount = compiler.slotCount
    }

    /// Its value for the subject of `run`.
    ///
    /// - Throws: when it has none, or would take too much.
    package func value(in run: ExpressionRun) throws(ExpressionFailure) -> ExpressionValue {
        run.begin(slots: slotCount)
        defer { run.end(slots: slotCount) }
        return try step(run)
    }

    /// Whether its value is `true`; also false when it has another or none.
    ///
    /// - Throws: when it has no value, or would take too much.
    package func isTrue(in run: ExpressionRun) throws(ExpressionFailure) -> Bool {
        if case .bool(true) = try value(in: run) { return true }
        return false
    }
}

/// One step of an evaluation: what a part of an expression gives.
typealias Step = @Sendable (ExpressionRun) throws(ExpressionFailure) -> ExpressionValue

/// What expressions are evaluated for: it answers the functions of the environment.
package protocol ExpressionSubject: AnyObject {
    /// The value of the function that stands at `index` in the list the expression was read with.
    func value(of index: Int, _ arguments: [ExpressionValue]) throws(ExpressionFailure) -> ExpressionValue

    /// The time by the clock on the wall, in nanoseconds since 1970 (UTC).
    var wallClock: Int { get }
}

/// A function of the environment.
package struct ExpressionFunction: Sendable {
    package let name: String
    package let parameters: [ExpressionType]
    package let result: ExpressionType
    /// Makes of a constant argument, given by its number, what the function then gets in its place; nil leaves it as it is.
    ///
    /// It throws what is wrong with the argument, as a sentence without its end.
    package let prepare: (@Sendable (Int, ExpressionValue) throws(BadArgument) -> ExpressionValue?)?

    /// A constant argument that can never do.
    package struct BadArgument: Error {
        let message: String

        package init(_ message: String) { self.message = message }
    }

    package init(
        _ name: String, _ parameters: [ExpressionType] = [], _ result: ExpressionType,
        prepare: (@Sendable (Int, ExpressionValue) throws(BadArgument) -> ExpressionValue?)? = nil
    ) {
        self.name = name
        self.parameters = parameters
        self.result = result
        self.prepare = prepare
    }
}
