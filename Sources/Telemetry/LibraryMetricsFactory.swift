package import CoreMetrics
import Synchronization

/// Lets libraries that report through swift-metrics count in our registry.
///
/// Names are kept as the libraries give them, with `.` and `-` turned into `_`; counters get `_total` and timers `_seconds`
/// as Prometheus wants. A name that clashes with another metric is not counted: a library's figure is no reason to fail.
package struct LibraryMetricsFactory: MetricsFactory {
    private let registry: MetricsRegistry

    package init(registry: MetricsRegistry) {
        self.registry = registry
    }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let name = Self.name(label, suffix: "_total")
        let counter = try? registry.counter(name, help: Self.help(label), labels: Self.labels(dimensions))
        return counter.map { LibraryCounter(counter: $0, shard: registry.shared) } ?? NOOPMetricsHandler.instance
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        let gauge = try? registry.gauge(Self.name(label), help: Self.help(label), labels: Self.labels(dimensions))
        return gauge.map { LibraryGauge(gauge: $0) } ?? NOOPMetricsHandler.instance
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        let labels = Self.labels(dimensions)
        guard aggregate else {
            let gauge = try? registry.gauge(Self.name(label), help: Self.help(label), labels: labels)
            return gauge.map { LibraryGauge(gauge: $0) } ?? NOOPMetricsHandler.instance
        }
        let histogram = try? registry.histogram(
            Self.name(label), help: Self.help(label), labels: labels, buckets: .recorded)
        return histogram.map { LibraryHistogram(histogram: $0, shard: registry.shared) } ?? NOOPMetricsHandler.instance
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let histogram = try? registry.histogram(
            Self.name(label, suffix: "_seconds"), help: Self.help(label), labels: Self.labels(dimensions),
            buckets: .general)
        return histogram.map { LibraryHistogram(histogram: $0, shard: registry.shared) } ?? NOOPMetricsHandler.instance
    }

    // A series stays when its handle goes: another handle of the same name may still count in it, and a counter that
    // vanished and came back would look like a restart.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    private static func name(_ label: String, suffix: String = "") -> String {
        let name = MetricName.sanitised(label)
        return name.hasSuffix(suffix) ? name : name + suffix
    }

    private static func help(_ label: String) -> String {
        "Reported by a library as \(label)."
    }

    private static func labels(_ dimensions: [(String, String)]) -> Labels {
        dimensions.map { (MetricName.sanitised($0.0, colons: false), $0.1) }
    }
}

extension BucketBounds {
    /// Powers of four from 1 to 2^40: what a library records can be anything.
    static let recorded = BucketBounds(values: (0...20).map { 1 << (2 * $0) })
}

private final class LibraryCounter: CounterHandler {
    private let counter: Counter
    private let shard: MetricShard

    init(counter: Counter, shard: MetricShard) {
        self.counter = counter
        self.shard = shard
    }

    func increment(by amount: Int64) {
        counter.increment(by: UInt64(clamping: amount), in: shard)
    }

    func reset() {
        shard.clear(counter.cell)
    }
}

private final class LibraryGauge: MeterHandler, RecorderHandler {
    private let gauge: Gauge

    init(gauge: Gauge) {
        self.gauge = gauge
    }

    func set(_ value: Int64) {
        gauge.set(Double(value))
    }

    func set(_ value: Double) {
        gauge.set(value)
    }

    func increment(by amount: Double) {
        gauge.add(amount)
    }

    func decrement(by amount: Double) {
        gauge.add(-amount)
    }

    func record(_ value: Int64) {
        gauge.set(Double(value))
    }

    func record(_ value: Double) {
        gauge.set(value)
    }
}

private final class LibraryHistogram: RecorderHandler, TimerHandler {
    private let histogram: Histogram
    private let shard: MetricShard

    init(histogram: Histogram, shard: MetricShard) {
        self.histogram = histogram
        self.shard = shard
    }

    func record(_ value: Int64) {
        histogram.observe(UInt64(clamping: value), in: shard)
    }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        histogram.observe(UInt64(exactly: value.rounded().clamped()) ?? 0, in: shard)
    }

    func recordNanoseconds(_ duration: Int64) {
        histogram.observe(UInt64(clamping: duration), in: shard)
    }
}

extension Double {
    /// Within what a `UInt64` certainly holds.
    fileprivate func clamped() -> Double {
        Swift.min(Swift.max(self, 0), 9e18)
    }
}
