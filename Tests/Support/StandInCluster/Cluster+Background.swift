import StandInAPIServer

/// Many changes at a rate.
extension Cluster {
    /// What can be done many times.
    enum Activity: Sendable {
        case churn
        case anything(seed: UInt64)
    }

    /// When to stop.
    enum Extent: Sendable {
        case seconds(Double)
        case changes(Int)
    }

    /// Makes changes until enough are told; after `claim`.
    ///
    /// - Parameter rate: changes of objects a second; 0 for as many as there can be.
    /// - Returns: how many changes of objects were told, and how many seconds it took.
    func perform(
        _ activity: Activity, _ extent: Extent, rate: Double
    ) async throws -> (changes: Int, seconds: Double) {
        defer { release() }
        if case .anything(let seed) = activity { random = SeededGenerator(seed: seed) }
        let (start, toldBefore) = (MonotonicClock.now, told)
        while true {
            let seconds = Double(MonotonicClock.now - start) / 1e9
            let changes = told - toldBefore
            if Self.isEnough(extent, changes, seconds) { return (changes, seconds) }
            guard rate == 0 || Double(changes) < seconds * rate else {
                // Until the next is due; not long, so that the end is not missed.
                try await Task.sleep(for: .seconds(min(0.05, Double(changes) / rate - seconds + 1e-5)))
                continue
            }
            switch activity {
            case .churn: try churn()
            case .anything: try changeAnything()
            }
            // So that commands are heard, and connections are written to.
            if changes % 16 == 0 { await Task.yield() }
        }
    }

    private static func isEnough(_ extent: Extent, _ changes: Int, _ seconds: Double) -> Bool {
        switch extent {
        case .seconds(let most): seconds >= most
        case .changes(let most): changes >= most
        }
    }
}
