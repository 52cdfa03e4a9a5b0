import Testing

@testable import Telemetry

@Suite struct MetricsRegistryTests {
    let registry = MetricsRegistry()

    @Test("families are sorted by name, series by labels, labels by name; a counter shows at 0")
    func exactText() throws {
        let shard = registry.makeShard()
        let gauge = try registry.gauge(
            "coredns_build_info", help: "Build.", labels: [("version", "1"), ("goversion", "")])
        gauge.set(1)
        let b = try registry.counter("coredns_b_total", help: "B.", labels: [("zone", "b."), ("server", "s")])
        let a = try registry.counter("coredns_b_total", help: "B.", labels: [("zone", "a."), ("server", "s")])
        _ = try registry.counter("coredns_a_total", help: "A.")
        b.increment(by: 3, in: shard)
        a.increment(in: registry.shared)
        a.increment(in: shard)
        #expect(
            registry.text() == """
                # HELP coredns_a_total A.
                # TYPE coredns_a_total counter
                coredns_a_total 0
                # HELP coredns_b_total B.
                # TYPE coredns_b_total counter
                coredns_b_total{server="s",zone="a."} 2
                coredns_b_total{server="s",zone="b."} 3
                # HELP coredns_build_info Build.
                # TYPE coredns_build_info gauge
                coredns_build_info{goversion="",version="1"} 1

                """)
    }

    @Test("label values escape backslash, quote and line feed; help texts escape backslash and line feed")
    func escaping() throws {
        _ = try registry.counter("x_total", help: "a\\b\n\"c\"", labels: [("l", "a\\b\n\"c\"é")])
        #expect(
            registry.text() == #"""
                # HELP x_total a\\b\n"c"
                # TYPE x_total counter
                x_total{l="a\\b\n\"c\"é"} 0

                """#)
    }

    @Test("asking again for a metric gives the same cells and loses no count")
    func idempotent() throws {
        let shard = registry.makeShard()
        let first = try registry.counter("c_total", help: "h", labels: [("a", "1"), ("b", "2")])
        first.increment(in: shard)
        let again = try registry.counter("c_total", help: "another help", labels: [("b", "2"), ("a", "1")])
        again.increment(in: shard)
        #expect(first == again)
        #expect(registry.samples(of: "c_total") == [#"c_total{a="1",b="2"} 2"#])
        try registry.gauge("g", help: "h").set(7)
        #expect(try registry.gauge("g", help: "h").value == 7)
        let histogram = try registry.histogram("h", help: "h", buckets: .size)
        histogram.observe(5, in: shard)
        #expect(registry.total(try registry.histogram("h", help: "h", buckets: .size)).count == 1)
    }

    @Test("other values of the same labels count apart")
    func distinctSeries() throws {
        let one = try registry.counter("c_total", help: "h", labels: [("a", "1")])
        let two = try registry.counter("c_total", help: "h", labels: [("a", "2")])
        two.increment(in: registry.shared)
        #expect(registry.total(one) == 0)
        #expect(registry.total(two) == 1)
    }

    @Test("a bad name is refused", arguments: ["", "1a", "a-b", "a b", "é", "a.b", "a\n"])
    func invalidName(_ name: String) {
        #expect(throws: MetricError.invalidName(name)) { try registry.counter(name, help: "h") }
        #expect(registry.text().isEmpty)
    }

    @Test("a bad label name is refused", arguments: ["", "1a", "a-b", "a:b", "__a"])
    func invalidLabel(_ label: String) {
        #expect(throws: MetricError.invalidLabel(label, metric: "x")) {
            try registry.gauge("x", help: "h", labels: [(label, "v")])
        }
    }

    @Test("a label given twice is refused, and so is le on a histogram")
    func reservedLabels() {
        #expect(throws: MetricError.invalidLabel("a", metric: "x")) {
            try registry.counter("x", help: "h", labels: [("a", "1"), ("a", "2")])
        }
        #expect(throws: MetricError.invalidLabel("a", metric: "x")) {
            try registry.counterMatrix("x", help: "h", fixedLabels: [("a", "1")], dimensions: [.init("a", ["2"])])
        }
        #expect(throws: MetricError.invalidLabel("le", metric: "x")) {
            try registry.histogram("x", help: "h", labels: [("le", "1")], buckets: .time)
        }
    }

    @Test("one family has one kind, one set of buckets and one set of label names")
    func conflicts() throws {
        _ = try registry.counter("x", help: "h", labels: [("a", "1")])
        #expect(throws: MetricError.kindConflict("x")) { try registry.gauge("x", help: "h", labels: [("a", "1")]) }
        #expect(throws: MetricError.labelConflict("x")) { try registry.counter("x", help: "h", labels: [("b", "1")]) }
        #expect(throws: MetricError.labelConflict("x")) { try registry.counter("x", help: "h") }
        _ = try registry.histogram("y", help: "h", buckets: .time)
        #expect(throws: MetricError.kindConflict("y")) { try registry.histogram("y", help: "h", buckets: .size) }
    }

    @Test("a removed gauge can come back with another label value, or other label names")
    func removal() throws {
        try registry.gauge("reload_info", help: "h", labels: [("hash", "sha512"), ("value", "a")]).set(1)
        #expect(registry.remove("reload_info", labels: [("value", "a"), ("hash", "sha512")]))
        #expect(!registry.remove("reload_info", labels: [("value", "a"), ("hash", "sha512")]))
        #expect(registry.text().isEmpty)
        try registry.gauge("reload_info", help: "h", labels: [("value", "b")]).set(1)
        #expect(registry.samples(of: "reload_info") == [#"reload_info{value="b"} 1"#])
    }

    @Test("a shard that is given back keeps its counts and is handed out again")
    func releasedShard() throws {
        let counter = try registry.counter("c_total", help: "h")
        let first = registry.makeShard()
        counter.increment(by: 5, in: first)
        registry.release(first)
        registry.release(first)
        #expect(registry.total(counter) == 5)
        let second = registry.makeShard()
        let third = registry.makeShard()
        #expect(second === first)
        #expect(third !== first)
        counter.increment(in: second)
        #expect(registry.total(counter) == 6)
    }

    @Test("the shared shard is never handed out as a worker's own")
    func sharedStaysShared() {
        registry.release(registry.shared)
        #expect(registry.makeShard() !== registry.shared)
    }

    @Test("shards grow over many chunks without losing or mixing counts")
    func growth() throws {
        let shard = registry.makeShard()
        var counters: [Counter] = []
        for index in 0..<3_000 {
            let counter = try registry.counter("c_total", help: "h", labels: [("i", String(index))])
            counter.increment(by: UInt64(index), in: shard)
            counters.append(counter)
        }
        let late = registry.makeShard()
        for (index, counter) in counters.enumerated() {
            counter.increment(in: late)
            #expect(registry.total(counter) == UInt64(index) + 1)
        }
    }

    @Test("more series than a shard has room for is an error, and what exists goes on counting")
    func full() throws {
        let values = (0..<1_024).map(String.init)
        let counter = try registry.counter("c_total", help: "h")
        #expect(throws: MetricError.tooManySeries("m")) {
            try registry.counterMatrix("m", help: "h", dimensions: [.init("a", values), .init("b", values)])
        }
        counter.increment(in: registry.shared)
        #expect(registry.total(counter) == 1)
    }

    @Test("a counter of another registry is left out by a shard without memory for it")
    func foreignShard() throws {
        let counter = try registry.counter("c_total", help: "h")
        let shard = MetricsRegistry().makeShard()
        counter.increment(in: shard)
        #expect(registry.total(counter) == 0)
    }

    @Test("Of too many series of a family one counts for all the others, and a gauge is refused")
    func overflow() throws {
        let metrics = MetricsRegistry()
        let limit = MetricsRegistry.State.maximumSeries
        for number in 0..<limit + 100 {
            let labels: Labels = [("name", "n\(number)"), ("zone", ".")]
            try metrics.counter("c", help: "", labels: labels).increment(in: metrics.shared)
        }
        try metrics.counter("c", help: "", labels: [("name", "n1"), ("zone", ".")]).increment(in: metrics.shared)
        let lines = String(decoding: metrics.exposition(), as: UTF8.self).split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("c{") } == limit + 1)
        #expect(lines.contains("c{name=\"other\",zone=\"other\"} 100") && lines.contains("c{name=\"n1\",zone=\".\"} 2"))
        for number in 0..<limit { try metrics.gauge("g", help: "", labels: [("name", "n\(number)")]).set(1) }
        #expect(throws: MetricError.tooManySeries("g")) { try metrics.gauge("g", help: "", labels: [("name", "more")]) }
        #expect(throws: MetricError.tooManySeries("g")) {
            try metrics.gauge("g", help: "", labels: [("name", "more")]) { 1 }
        }
    }
}
