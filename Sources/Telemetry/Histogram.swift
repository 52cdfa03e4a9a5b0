import Synchronization

/// How often values fell into each bucket, and their sum, kept per worker.
///
/// *Shape*: cells `[sum, bucket 0, …, bucket n-1, +Inf]`, not cumulative. The count is the sum of the buckets, so that a
/// scrape never sees the two disagree.
// Unchecked because of the pointer: it leads to interned bounds, which are never written nor freed.
@safe @usableFromInline package struct Histogram: @unchecked Sendable {
    @usableFromInline let cell: Int
    @usableFromInline let bounds: UnsafePointer<UInt64>
    @usableFromInline let boundCount: Int

    init(cell: Int, bounds: InternedBounds) {
        self.cell = cell
        unsafe self.bounds = unsafe bounds.start
        boundCount = bounds.count
    }

    /// Counts one observation.
    ///
    /// *Units*: nanoseconds or plain integers, as the histogram's `BucketBounds` say.
    /// - Complexity: O(buckets) from the smallest bound upward, because most observations are small.
    @inlinable
    package func observe(_ value: UInt64, in shard: MetricShard) {
        var bucket = 0
        while bucket < boundCount, unsafe value > bounds[bucket] {
            bucket += 1
        }
        shard.add(1, to: cell + 1 + bucket)
        shard.add(value, to: cell)
    }

    /// Counts one duration, for a histogram in nanoseconds; a negative one counts as 0.
    @inlinable
    package func observe(_ duration: Duration, in shard: MetricShard) {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let whole = nanoseconds.overflow ? UInt64.max / 2 : nanoseconds.partialValue
        observe(whole &+ UInt64(clamping: attoseconds / 1_000_000_000), in: shard)
    }

    static func cellCount(_ bounds: BucketBounds) -> Int {
        bounds.bounds.count + 2
    }
}

/// Histograms with the same buckets that differ in one label, addressed by a small integer.
@usableFromInline package struct HistogramVector: Sendable {
    @usableFromInline let first: Histogram
    @usableFromInline let count: Int

    init(first: Histogram, count: Int) {
        self.first = first
        self.count = count
    }

    /// Counts one observation in the row of a label value; an index outside of the vector counts nothing.
    @inlinable
    package func observe(_ value: UInt64, at index: Int, in shard: MetricShard) {
        guard index >= 0, index < count else { return }
        self[index].observe(value, in: shard)
    }

    @inlinable
    subscript(index: Int) -> Histogram {
        unsafe Histogram(
            cell: first.cell + index * (first.boundCount + 2), boundsStart: first.bounds, count: first.boundCount)
    }
}

extension Histogram {
    @inlinable
    init(cell: Int, boundsStart: UnsafePointer<UInt64>, count: Int) {
        self.cell = cell
        unsafe bounds = unsafe boundsStart
        boundCount = count
    }
}

/// Bounds that live as long as the process, so that a histogram can hold a bare pointer to them.
///
/// Equal bounds share one copy; a program has a handful of different ones.
@safe struct InternedBounds: @unchecked Sendable {
    let start: UnsafePointer<UInt64>
    let count: Int

    private static let table = Mutex<[[UInt64]: InternedBounds]>([:])

    static func intern(_ bounds: [UInt64]) -> InternedBounds {
        table.withLock { table in
            if let known = table[bounds] { return known }
            let copy = UnsafeMutablePointer<UInt64>.allocate(capacity: bounds.count)
            unsafe copy.initialize(from: bounds, count: bounds.count)
            let interned = unsafe InternedBounds(start: UnsafePointer(copy), count: bounds.count)
            table[bounds] = interned
            return interned
        }
    }
}
