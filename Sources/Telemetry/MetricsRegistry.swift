import Synchronization

/// All metrics of a process: registers them, hands out shards to count in, and gives the exposition text.
///
/// Registering takes a lock and may allocate; counting never does. Asking again for a metric gives the same cells, so that a
/// reload of the configuration loses no figure. Names and labels follow Prometheus' data model.
///
/// The series of a family are bounded: of counters and histograms one with the labels `other` counts for all that are too many.
package final class MetricsRegistry: Sendable {
    /// The shard for everybody who is not a worker; any thread may write it.
    package let shared: MetricShard
    let state: Mutex<State>

    struct State {
        var families: [String: MetricFamily] = [:]
        var shards: [MetricShard]
        var released: [MetricShard] = []
        var cellCount = 0
        var lastIdentifier: UInt64 = 0
    }

    package init() {
        shared = MetricShard(hasManyWriters: true, cells: 0)
        state = Mutex(State(shards: [shared]))
    }

    /// A shard for one writer, which may be a shard that a former writer gave back, with its counts.
    package func makeShard() -> MetricShard {
        state.withLock { state in
            if let shard = state.released.popLast() { return shard }
            let shard = MetricShard(hasManyWriters: false, cells: state.cellCount)
            state.shards.append(shard)
            return shard
        }
    }

    /// Gives a shard back when its writer has ended; what it counted stays counted.
    package func release(_ shard: MetricShard) {
        state.withLock { state in
            let isKnown = state.shards.contains { $0 === shard } && shard !== shared
            guard isKnown, !state.released.contains(where: { $0 === shard }) else { return }
            state.released.append(shard)
        }
    }

    /// A counter, exposed from now on even at 0.
    ///
    /// - Throws: `MetricError` for a bad name or label, a conflict with the family as it exists, or too many series.
    package func counter(_ name: String, help: String, labels: Labels = []) throws(MetricError) -> Counter {
        let spec = SeriesSpec(name: name, help: help, kind: .counter, labels: labels, cells: 1)
        let series = try register(spec) { .counter(Counter(cell: $0)) }
        guard case .counter(let counter) = series.storage else { throw .kindConflict(name) }
        return counter
    }

    /// A gauge that is set by whoever holds it.
    ///
    /// - Throws: `MetricError` as `counter` does.
    package func gauge(_ name: String, help: String, labels: Labels = []) throws(MetricError) -> Gauge {
        let spec = SeriesSpec(name: name, help: help, kind: .gauge, labels: labels)
        let series = try register(spec) { _ in .gauge(Gauge()) }
        guard case .gauge(let gauge) = series.storage else { throw .kindConflict(name) }
        return gauge
    }

    /// A histogram.
    ///
    /// - Throws: `MetricError` as `counter` does, or `invalidBuckets`.
    package func histogram(
        _ name: String, help: String, labels: Labels = [], buckets: BucketBounds
    ) throws(MetricError) -> Histogram {
        let cells = Histogram.cellCount(buckets)
        let spec = SeriesSpec(
            name: name, help: help, kind: .histogram, labels: labels, bounds: buckets, cells: cells)
        let series = try register(spec) { .histogram(Histogram(cell: $0, bounds: .intern(buckets.bounds))) }
        guard case .histogram(let histogram) = series.storage else { throw .kindConflict(name) }
        return histogram
    }

    /// Counters for every combination of up to three labels, addressed by small integers.
    ///
    /// A matrix with other values for the same fixed labels counts in other cells; a scrape adds equal label sets up.
    /// - Parameter exposesZeroes: whether rows that never counted are shown too.
    /// - Throws: `MetricError` as `counter` does, or `invalidDimensions`.
    package func counterMatrix(
        _ name: String, help: String, fixedLabels: Labels = [], dimensions: [MetricDimension],
        exposesZeroes: Bool = false
    ) throws(MetricError) -> CounterMatrix {
        let counts = dimensions.map(\.values.count)
        let spec = SeriesSpec(
            name: name, help: help, kind: .counter, labels: fixedLabels, dimensions: dimensions,
            cells: try Self.cellCount(of: dimensions, name: name))
        let series = try register(spec) {
            .matrix(CounterMatrix(cell: $0, counts: counts), dimensions, exposesZeroes: exposesZeroes)
        }
        guard case .matrix(let matrix, _, _) = series.storage else { throw .kindConflict(name) }
        return matrix
    }

    /// Histograms for every value of one label, addressed by a small integer.
    ///
    /// - Parameter exposesZeroes: whether rows that never observed anything are shown too.
    /// - Throws: `MetricError` as `histogram` does, or `invalidDimensions`.
    package func histogramVector(
        _ name: String, help: String, fixedLabels: Labels = [], dimension: MetricDimension, buckets: BucketBounds,
        exposesZeroes: Bool = false
    ) throws(MetricError) -> HistogramVector {
        let rows = try Self.cellCount(of: [dimension], name: name)
        let spec = SeriesSpec(
            name: name, help: help, kind: .histogram, labels: fixedLabels, dimensions: [dimension], bounds: buckets,
            cells: rows * Histogram.cellCount(buckets))
        let series = try register(spec) {
            let first = Histogram(cell: $0, bounds: .intern(buckets.bounds))
            return .vector(HistogramVector(first: first, count: rows), dimension, exposesZeroes: exposesZeroes)
        }
        guard case .vector(let vector, _, _) = series.storage else { throw .kindConflict(name) }
        return vector
    }

    private static func cellCount(of dimensions: [MetricDimension], name: String) throws(MetricError) -> Int {
        let isValid = dimensions.allSatisfy(\.isValid)
        guard isValid, (1...CounterMatrix.maximumDimensions).contains(dimensions.count) else {
            throw .invalidDimensions(name)
        }
        var product = 1
        for dimension in dimensions {
            let (partial, overflow) = product.multipliedReportingOverflow(by: dimension.values.count)
            guard !overflow, partial <= State.maximumCells else { throw .tooManySeries(name) }
            product = partial
        }
        return product
    }
}
