/// Why a metric could not be registered.
package enum MetricError: Error, Equatable, CustomStringConvertible {
    /// Not `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    case invalidName(String)
    /// A label name that is not `[a-zA-Z_][a-zA-Z0-9_]*`, begins with `__`, is given twice, or is `le` on a histogram.
    case invalidLabel(String, metric: String)
    /// The family exists as another kind of metric, or with other buckets.
    case kindConflict(String)
    /// The family exists with other label names.
    case labelConflict(String)
    /// No bounds, too many, or bounds that do not rise.
    case invalidBuckets(String)
    /// No dimension, more than three, an empty one, or one that names a value twice.
    case invalidDimensions(String)
    /// There is no room for more cells in a shard, or for more series in a family.
    case tooManySeries(String)

    package var description: String {
        switch self {
        case .invalidName(let name): "invalid metric name \"\(name)\""
        case .invalidLabel(let label, let name): "invalid label \"\(label)\" on metric \(name)"
        case .kindConflict(let name): "metric \(name) exists with another type or other buckets"
        case .labelConflict(let name): "metric \(name) exists with other label names"
        case .invalidBuckets(let name): "the buckets of metric \(name) do not rise, or are none or too many"
        case .invalidDimensions(let name): "the dimensions of metric \(name) are empty, too many, or repeat a value"
        case .tooManySeries(let name): "no room for more series, at metric \(name)"
        }
    }
}
