/// A count that only rises, kept per worker.
///
/// A small value: copy it into whatever counts. It stands for the same cells however often it is registered.
@usableFromInline package struct Counter: Sendable, Hashable {
    @usableFromInline let cell: Int

    init(cell: Int) {
        self.cell = cell
    }

    /// Adds to the count.
    ///
    /// - Parameter shard: the caller's own shard, or `MetricsRegistry.shared` from any thread.
    @inlinable
    package func increment(by amount: UInt64 = 1, in shard: MetricShard) {
        shard.add(amount, to: cell)
    }
}
