/// The upper bounds of a histogram's buckets, in whole units of what is observed.
///
/// *Units*: nanoseconds, which are exposed as seconds, or a plain integer such as bytes. The bounds are integers so that
/// observing needs no floating point.
package struct BucketBounds: Sendable, Hashable {
    /// What one step of the observed integer means.
    package enum Unit: Sendable, Hashable {
        /// Observed in nanoseconds, exposed in seconds.
        case nanoseconds
        /// Exposed as observed.
        case plain
    }

    package let bounds: [UInt64]
    package let unit: Unit

    /// Bounds in nanoseconds, strictly rising; `+Inf` is added by itself.
    package init(nanoseconds: [UInt64]) {
        bounds = nanoseconds
        unit = .nanoseconds
    }

    /// Bounds in plain integers, strictly rising; `+Inf` is added by itself.
    package init(values: [UInt64]) {
        bounds = values
        unit = .plain
    }

    static let maximumCount = 64

    var areValid: Bool {
        !bounds.isEmpty && bounds.count <= Self.maximumCount && zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }
    }
}

extension BucketBounds {
    /// For request times: 0.25 ms doubled fifteen times, 0.00025 to 8.192 s.
    package static let time = BucketBounds(nanoseconds: (0..<16).map { 250_000 << $0 })

    /// For checks that are nearly always quick: 0.25 ms times ten, four times, 0.00025 to 2.5 s.
    package static let slimTime = BucketBounds(
        nanoseconds: [250_000, 2_500_000, 25_000_000, 250_000_000, 2_500_000_000])

    /// For message sizes: 0 to 64,000 bytes; 8291 is not a slip here, dashboards know that bound.
    package static let size = BucketBounds(
        values: [0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16_000, 32_000, 48_000, 64_000])

    /// For HTTP requests: 5 ms to 10 s, the usual bounds of Prometheus client libraries.
    package static let general = BucketBounds(
        nanoseconds: [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000].map { $0 * 1_000_000 })

    /// For the time from a change to the answers that show it: 1 ms doubled nineteen times, 0.001 to 524.288 s.
    package static let programming = BucketBounds(nanoseconds: (0..<20).map { 1_000_000 << $0 })
}
