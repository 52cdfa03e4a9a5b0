/// What is left of the time that a query has.
extension Query {
    /// Nanoseconds until its ``deadline``; 0 when it has come, and nearly for ever when it has none.
    package var timeLeft: UInt64 {
        let now = now
        return deadline > now ? deadline - now : 0
    }

    /// Whether its ``deadline`` has come.
    package var isLate: Bool { now >= deadline }
}
