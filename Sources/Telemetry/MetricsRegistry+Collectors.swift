import Synchronization

extension MetricsRegistry {
    /// A gauge whose value is asked for at each scrape.
    ///
    /// Asking again with the same labels replaces the closure; the token of the closure before then removes nothing.
    /// - Parameter value: runs on the scraping thread, outside of the registry's lock.
    /// - Throws: `MetricError` as `counter` does.
    @discardableResult
    package func gauge(
        _ name: String, help: String, labels: Labels = [], value: @escaping @Sendable () -> Double
    ) throws(MetricError) -> CollectorToken {
        let spec = SeriesSpec(name: name, help: help, kind: .gauge, labels: labels)
        try spec.validate()
        return try state.withLock { state throws(MetricError) in
            var family = try state.family(for: spec)
            guard family.series.count < MetricsRegistry.State.maximumSeries || family.series[spec.key] != nil else {
                throw .tooManySeries(name)
            }
            let id = state.makeIdentifier()
            family.labelNames = spec.labelNames
            family.series[spec.key] = MetricSeries(labels: spec.labels, storage: .computed(id: id, value: value))
            state.families[name] = family
            return CollectorToken(family: name, id: id)
        }
    }

    /// A closure that gives samples with labels of its own choosing at each scrape; several may feed one family.
    ///
    /// Samples with a bad label are left out. Samples of counters with the same labels are added up; of gauges with the
    /// same labels only one is shown.
    /// - Parameter collect: runs on the scraping thread, outside of the registry's lock.
    /// - Throws: `invalidName` or `kindConflict`; a histogram cannot be collected.
    package func collector(
        _ name: String, help: String, kind: MetricKind, collect: @escaping @Sendable () -> [MetricSample]
    ) throws(MetricError) -> CollectorToken {
        guard kind != .histogram else { throw .kindConflict(name) }
        let spec = SeriesSpec(name: name, help: help, kind: kind, labels: [])
        try spec.validate()
        return try state.withLock { state throws(MetricError) in
            var family = state.families[name] ?? MetricFamily(name: name, help: help, kind: kind, bounds: nil)
            guard family.kind == kind else { throw .kindConflict(name) }
            let id = state.makeIdentifier()
            family.collectors[id] = collect
            state.families[name] = family
            return CollectorToken(family: name, id: id)
        }
    }

    /// Removes a closure; nothing happens when another has taken its place.
    package func remove(_ token: CollectorToken) {
        state.withLock { state in
            guard var family = state.families[token.family] else { return }
            family.collectors[token.id] = nil
            family.series = family.series.filter { _, series in
                guard case .computed(let id, _) = series.storage else { return true }
                return id != token.id
            }
            state.store(family)
        }
    }

    /// Removes the series with exactly these (fixed) labels from the exposition.
    ///
    /// Meant for gauges. A counter or histogram that is removed and registered again starts at 0 in new cells.
    /// - Returns: whether there was one.
    @discardableResult
    package func remove(_ name: String, labels: Labels) -> Bool {
        let text = LabelSet(labels).text
        return state.withLock { state in
            guard var family = state.families[name] else { return false }
            let before = family.series.count
            family.series = family.series.filter { key, _ in key.labels != text }
            state.store(family)
            return family.series.count != before
        }
    }
}

extension MetricsRegistry.State {
    /// Stores a family, or forgets it (and with it, its label names) when nothing is left in it.
    fileprivate mutating func store(_ family: MetricFamily) {
        let isEmpty = family.series.isEmpty && family.collectors.isEmpty
        families[family.name] = isEmpty ? nil : family
    }
}
