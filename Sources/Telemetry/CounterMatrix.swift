/// Counters of one family in a dense matrix, addressed by small integers instead of label values.
///
/// *Shape*: one to three dimensions, row-major; a dimension that is not there has one value and index 0.
@usableFromInline package struct CounterMatrix: Sendable, Hashable {
    @usableFromInline let cell: Int
    @usableFromInline let count0: Int
    @usableFromInline let count1: Int
    @usableFromInline let count2: Int

    static let maximumDimensions = 3

    init(cell: Int, counts: [Int]) {
        self.cell = cell
        count0 = counts.first ?? 1
        count1 = counts.count > 1 ? counts[1] : 1
        count2 = counts.count > 2 ? counts[2] : 1
    }

    /// Adds to the counter at these indices; indices outside of the matrix count nothing.
    ///
    /// - Parameter shard: the caller's own shard, or `MetricsRegistry.shared` from any thread.
    @inlinable
    package func increment(_ i: Int, _ j: Int = 0, _ k: Int = 0, by amount: UInt64 = 1, in shard: MetricShard) {
        guard i >= 0, i < count0, j >= 0, j < count1, k >= 0, k < count2 else { return }
        shard.add(amount, to: cell + (i * count1 + j) * count2 + k)
    }

    /// The counter at these indices, or nil outside of the matrix.
    package func counter(_ i: Int, _ j: Int = 0, _ k: Int = 0) -> Counter? {
        guard i >= 0, i < count0, j >= 0, j < count1, k >= 0, k < count2 else { return nil }
        return Counter(cell: cell + (i * count1 + j) * count2 + k)
    }
}
