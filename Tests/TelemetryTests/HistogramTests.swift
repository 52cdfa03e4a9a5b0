import Testing

@testable import Telemetry

@Suite struct HistogramTests {
    let registry = MetricsRegistry()

    @Test("buckets are cumulative, a bound belongs to its bucket, nanoseconds are exposed as seconds")
    func exactText() throws {
        let histogram = try registry.histogram(
            "d_seconds", help: "D.", labels: [("zone", ".")],
            buckets: BucketBounds(nanoseconds: [250_000, 8_192_000_000]))
        let shard = registry.makeShard()
        for value: UInt64 in [0, 250_000, 250_001, 8_192_000_000, 8_192_000_001] {
            histogram.observe(value, in: shard)
        }
        #expect(
            registry.text() == """
                # HELP d_seconds D.
                # TYPE d_seconds histogram
                d_seconds_bucket{zone=".",le="0.00025"} 2
                d_seconds_bucket{zone=".",le="8.192"} 4
                d_seconds_bucket{zone=".",le="+Inf"} 5
                d_seconds_sum{zone="."} 16.384500002
                d_seconds_count{zone="."} 5

                """)
    }

    @Test("a histogram of plain integers without labels")
    func plain() throws {
        let histogram = try registry.histogram("s_bytes", help: "S.", buckets: BucketBounds(values: [0, 100]))
        histogram.observe(100, in: registry.shared)
        #expect(
            registry.samples(of: "s_bytes") == [
                #"s_bytes_bucket{le="0"} 0"#, #"s_bytes_bucket{le="100"} 1"#, #"s_bytes_bucket{le="+Inf"} 1"#,
                "s_bytes_sum 100", "s_bytes_count 1",
            ])
    }

    static let bounds: [(BucketBounds, [String])] = [
        (
            .time,
            [
                "0.00025", "0.0005", "0.001", "0.002", "0.004", "0.008", "0.016", "0.032", "0.064", "0.128", "0.256",
                "0.512", "1.024", "2.048", "4.096", "8.192",
            ]
        ),
        (.slimTime, ["0.00025", "0.0025", "0.025", "0.25", "2.5"]),
        (
            .size,
            [
                "0", "100", "200", "300", "400", "511", "1023", "2047", "4095", "8291", "16000", "32000", "48000",
                "64000",
            ]
        ),
        (.general, ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10"]),
    ]

    @Test("the bucket bounds have the text that dashboards select by", arguments: bounds)
    func namedBounds(_ bounds: BucketBounds, _ expected: [String]) {
        #expect(bounds.bounds.map { NumberText.of($0, bounds.unit) } == expected)
    }

    @Test("the programming bounds go from 1 ms to 524.288 s")
    func programmingBounds() {
        let texts = BucketBounds.programming.bounds.map { NumberText.of($0, .nanoseconds) }
        #expect(texts.count == 20)
        #expect(texts.first == "0.001")
        #expect(texts.last == "524.288")
    }

    @Test("a duration is observed in nanoseconds; a negative one as 0; the longest one does not trap")
    func durations() throws {
        let histogram = try registry.histogram("d_seconds", help: "D.", buckets: .time)
        histogram.observe(.milliseconds(1_500), in: registry.shared)
        #expect(registry.total(histogram) == (count: 1, sum: 1_500_000_000))
        histogram.observe(.milliseconds(-1_500), in: registry.shared)
        #expect(registry.total(histogram) == (count: 2, sum: 1_500_000_000))
        histogram.observe(.seconds(Int64.max), in: registry.shared)
        #expect(registry.total(histogram).count == 3)
    }

    static let badBounds: [[UInt64]] = [[], [1, 1], [2, 1], Array(0...64)]

    @Test("bounds that do not rise, are none or too many are refused", arguments: badBounds)
    func invalidBounds(_ values: [UInt64]) {
        #expect(throws: MetricError.invalidBuckets("h")) {
            try registry.histogram("h", help: "h", buckets: BucketBounds(values: values))
        }
    }

    @Test("a vector shows the rows that observed something, or all of them when asked")
    func vector() throws {
        let buckets = BucketBounds(values: [1])
        let rcodes = MetricDimension("rcode", ["NOERROR", "SERVFAIL"])
        let vector = try registry.histogramVector(
            "v", help: "h", fixedLabels: [("to", "x")], dimension: rcodes, buckets: buckets)
        vector.observe(2, at: 1, in: registry.shared)
        vector.observe(2, at: 2, in: registry.shared)
        vector.observe(2, at: -1, in: registry.shared)
        #expect(
            registry.samples(of: "v") == [
                #"v_bucket{rcode="SERVFAIL",to="x",le="1"} 0"#, #"v_bucket{rcode="SERVFAIL",to="x",le="+Inf"} 1"#,
                #"v_sum{rcode="SERVFAIL",to="x"} 2"#, #"v_count{rcode="SERVFAIL",to="x"} 1"#,
            ])
        _ = try registry.histogramVector("w", help: "h", dimension: rcodes, buckets: buckets, exposesZeroes: true)
        #expect(registry.samples(of: "w_count").count == 2)
    }
}
