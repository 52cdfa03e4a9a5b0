import Synchronization

/// Octets that several threads share: whoever needs some takes them, and gives them back.
package final class OctetBudget: Sendable {
    /// How many there are.
    package let limit: Int
    private let taken = Atomic<Int>(0)

    package init(limit: Int) {
        self.limit = limit
    }

    /// Octets that are taken now.
    package var used: Int { taken.load(ordering: .relaxed) }

    /// Takes `octets`, all of them or none.
    ///
    /// - Parameter overdraft: how many may be taken that are not there.
    /// - Returns: whether there were as many.
    package func take(_ octets: Int, overdraft: Int = 0) -> Bool {
        let used = taken.add(octets, ordering: .relaxed).newValue
        if used <= limit + overdraft { return true }
        taken.subtract(octets, ordering: .relaxed)
        return false
    }

    /// Whether more is taken than there is.
    package var isOverdrawn: Bool { used > limit }

    /// Takes `octets` also when there are not as many; for what cannot be refused.
    package func takeAnyway(_ octets: Int) {
        taken.add(octets, ordering: .relaxed)
    }

    /// Gives back what was taken.
    package func give(_ octets: Int) {
        taken.subtract(octets, ordering: .relaxed)
    }
}

/// Octets of a budget that are given back when nobody holds this any more.
package final class OctetReservation: Sendable {
    private let octets: Int
    private let budget: OctetBudget

    /// Takes `octets`; nil when there are not as many.
    package init?(_ octets: Int, of budget: OctetBudget) {
        guard budget.take(octets) else { return nil }
        self.octets = octets
        self.budget = budget
    }

    deinit {
        budget.give(octets)
    }
}
