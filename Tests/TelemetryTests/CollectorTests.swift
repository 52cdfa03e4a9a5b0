import Synchronization
import Testing

@testable import Telemetry

@Suite struct CollectorTests {
    let registry = MetricsRegistry()

    @Test("a computed gauge is read at each scrape")
    func computed() throws {
        let value = Shared(1.5)
        try registry.gauge("g", help: "h", labels: [("a", "b")]) { value.get() }
        #expect(registry.samples(of: "g") == [#"g{a="b"} 1.5"#])
        value.set(-2)
        #expect(registry.samples(of: "g") == [#"g{a="b"} -2"#])
    }

    @Test("the newer closure stays when the older one's token is used")
    func replaced() throws {
        let old = try registry.gauge("g", help: "h") { 1 }
        let new = try registry.gauge("g", help: "h") { 2 }
        registry.remove(old)
        #expect(registry.samples(of: "g") == ["g 2"])
        registry.remove(new)
        #expect(registry.text().isEmpty)
    }

    @Test(
        "collectors give labels of their own; bad labels are left out; equal counters are added, equal gauges shown once"
    )
    func samples() throws {
        let first = try registry.collector("c_total", help: "h", kind: .counter) {
            [MetricSample(labels: [("a", "1")], value: 1), MetricSample(labels: [("a-", "1")], value: 1)]
        }
        _ = try registry.collector("c_total", help: "h", kind: .counter) {
            [MetricSample(labels: [("a", "1")], value: 2), MetricSample(labels: [("a", "0")], value: 5)]
        }
        _ = try registry.collector("g", help: "h", kind: .gauge) { [MetricSample(value: 3), MetricSample(value: 3)] }
        #expect(registry.samples(of: "c_total") == [#"c_total{a="0"} 5"#, #"c_total{a="1"} 3"#])
        #expect(registry.samples(of: "g") == ["g 3"])
        registry.remove(first)
        #expect(registry.samples(of: "c_total") == [#"c_total{a="0"} 5"#, #"c_total{a="1"} 2"#])
    }

    @Test("a family whose collectors have nothing to tell is left out")
    func empty() throws {
        _ = try registry.collector("g", help: "h", kind: .gauge) { [] }
        #expect(registry.text().isEmpty)
    }

    @Test("a collector may use the registry that it feeds")
    func reentrant() throws {
        let registry = self.registry
        _ = try registry.collector("g", help: "h", kind: .gauge) {
            (try? registry.counter("c_total", help: "h")).map { [MetricSample(value: Double(registry.total($0)))] }
                ?? []
        }
        #expect(registry.samples(of: "g") == ["g 0"])
    }

    static let numbers: [(Double, String)] = [
        (0, "0"), (1, "1"), (-3, "-3"), (0.25, "0.25"), (1_732_291_200, "1732291200"), (.nan, "NaN"),
        (.infinity, "+Inf"), (-.infinity, "-Inf"), (1e300, "1e+300"),
        (18_446_744_073_709_551_616, "1.8446744073709552e+19"),
    ]

    @Test("numbers as scrapers read them", arguments: numbers)
    func number(_ value: Double, _ text: String) {
        #expect(NumberText.of(value) == text)
    }
}

/// A value that a test changes while closures read it.
final class Shared: Sendable {
    private let value: Mutex<Double>

    init(_ value: Double) {
        self.value = Mutex(value)
    }

    func get() -> Double {
        value.withLock { $0 }
    }

    func set(_ new: Double) {
        value.withLock { $0 = new }
    }
}
