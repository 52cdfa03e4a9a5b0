/// Why an expression was refused, and where.
package struct ExpressionError: Error, Hashable, CustomStringConvertible {
    package let message: String
    /// In Unicode scalars of the text, from 0.
    package let position: Int

    package init(_ message: String, at position: Int) {
        self.message = message
        self.position = position
    }

    package var description: String {
        "\(message) at character \(position + 1)"
    }
}

/// Why an expression had no value this time.
package enum ExpressionFailure: Error, Hashable, Sendable {
    /// An operator or a function was given a value of a type that it does not take.
    case wrongType
    /// There is no such element, digit or shift.
    case outOfRange
    /// A text is not what the function reads: a number, an address, JSON, a pattern.
    case unreadable
    /// It would take more steps or memory than ``ExpressionRun/maximumWork``.
    case tooMuchWork
    /// Lists or maps would be nested deeper than ``ValueList/maximumDepth``.
    case tooDeep
    /// What stands before `?.` is nil: the value of the whole chain is nil. Never leaves an expression.
    case endOfChain
}
