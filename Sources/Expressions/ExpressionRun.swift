/// Evaluates expressions for one subject after the other, on one thread: its memory is used again and again.
package final class ExpressionRun {
    /// The most that one evaluation may do: a step, an element of a list and sixteen octets of text that are made or looked through
    /// count one each.
    package static let maximumWork = 200_000

    let subject: any ExpressionSubject
    /// What may still be done.
    private var work = ExpressionRun.maximumWork
    /// The variables of the expression, and the elements that its predicates look at.
    var slots: [ExpressionValue] = []

    package init(_ subject: any ExpressionSubject) {
        self.subject = subject
    }

    func begin(slots count: Int) {
        work = Self.maximumWork
        while slots.count < count { slots.append(.null) }
    }

    /// Lets go of values, which may be large.
    func end(slots count: Int) {
        for index in 0..<count { slots[index] = .null }
    }

    /// Counts `amount` of work.
    func spend(_ amount: Int = 1) throws(ExpressionFailure) {
        work &-= amount
        if work < 0 { throw .tooMuchWork }
    }

    /// Counts the work for `octets` of text.
    func spend(octets: Int) throws(ExpressionFailure) {
        try spend(1 &+ octets / 16)
    }

    /// Counts the work of looking for a text of `needle` octets in one of `text` octets.
    func spendSearch(_ needle: Int, in text: Int) throws(ExpressionFailure) {
        try spend(1 &+ text &* max(needle, 1) / 64)
    }
}
