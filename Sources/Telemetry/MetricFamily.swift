/// What kind of figure a family holds.
package enum MetricKind: Sendable, Equatable {
    case counter
    case gauge
    case histogram
}

/// One sample that a collector gives at a scrape.
package struct MetricSample: Sendable {
    package var labels: Labels
    package var value: Double

    package init(labels: Labels = [], value: Double) {
        self.labels = labels
        self.value = value
    }
}

/// What stands for a registered closure, to remove it by.
package struct CollectorToken: Sendable, Hashable {
    let family: String
    let id: UInt64
}

/// All series of one name.
struct MetricFamily: Sendable {
    let name: String
    let help: String
    let kind: MetricKind
    let bounds: BucketBounds?
    /// Sorted; nil while only collectors feed the family, whose labels are not known beforehand.
    var labelNames: [String]?
    var series: [SeriesKey: MetricSeries] = [:]
    var collectors: [UInt64: @Sendable () -> [MetricSample]] = [:]

    init(name: String, help: String, kind: MetricKind, bounds: BucketBounds?) {
        self.name = name
        self.help = help
        self.kind = kind
        self.bounds = bounds
    }
}

/// What makes a series the same when it is asked for again.
struct SeriesKey: Hashable, Sendable {
    /// The text of the fixed labels.
    let labels: String
    /// The label names and values of a matrix or vector.
    var dimensions: [[String]] = []
}

struct MetricSeries: Sendable {
    let labels: LabelSet
    let storage: Storage

    enum Storage: Sendable {
        case counter(Counter)
        case gauge(Gauge)
        case computed(id: UInt64, value: @Sendable () -> Double)
        case histogram(Histogram)
        case matrix(CounterMatrix, [MetricDimension], exposesZeroes: Bool)
        case vector(HistogramVector, MetricDimension, exposesZeroes: Bool)
    }
}

/// A label of a matrix and all the values that it can take.
package struct MetricDimension: Sendable, Hashable {
    package let name: String
    package let values: [String]

    /// - Parameter values: in index order; no value twice.
    package init(_ name: String, _ values: [String]) {
        self.name = name
        self.values = values
    }

    var isValid: Bool {
        !values.isEmpty && Set(values).count == values.count
    }

    var key: [String] {
        [name] + values
    }
}
