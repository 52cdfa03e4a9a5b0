import Testing

@testable import Telemetry

@Suite struct CounterMatrixTests {
    let registry = MetricsRegistry()
    let dimensions = [
        MetricDimension("proto", ["udp", "tcp"]), MetricDimension("family", ["1", "2"]),
        MetricDimension("type", ["A", "AAAA", "other"]),
    ]

    @Test("only the rows that counted are shown, with fixed and dense labels sorted together")
    func rows() throws {
        let matrix = try registry.counterMatrix(
            "r_total", help: "h", fixedLabels: [("server", "s"), ("view", "")], dimensions: dimensions)
        let shard = registry.makeShard()
        matrix.increment(0, 0, 0, in: shard)
        matrix.increment(1, 1, 2, by: 4, in: shard)
        matrix.increment(0, 1, 1, in: registry.shared)
        #expect(
            registry.samples(of: "r_total") == [
                #"r_total{family="1",proto="udp",server="s",type="A",view=""} 1"#,
                #"r_total{family="2",proto="tcp",server="s",type="other",view=""} 4"#,
                #"r_total{family="2",proto="udp",server="s",type="AAAA",view=""} 1"#,
            ])
    }

    @Test("every combination has a cell of its own")
    func dense() throws {
        let matrix = try registry.counterMatrix("r_total", help: "h", dimensions: dimensions)
        var amount: UInt64 = 1
        for i in 0..<2 {
            for j in 0..<2 {
                for k in 0..<3 {
                    matrix.increment(i, j, k, by: amount, in: registry.shared)
                    amount *= 2
                }
            }
        }
        let values = registry.samples(of: "r_total").compactMap { $0.split(separator: " ").last.flatMap { UInt64($0) } }
        #expect(values.sorted() == (0..<12).map { 1 << $0 })
    }

    static let outside = [(-1, 0, 0), (2, 0, 0), (0, 2, 0), (0, -1, 0), (0, 0, 3), (0, 0, -1), (Int.max, 0, 0)]

    @Test("indices outside of the matrix count nothing", arguments: outside)
    func outOfRange(_ i: Int, _ j: Int, _ k: Int) throws {
        let matrix = try registry.counterMatrix("r_total", help: "h", dimensions: dimensions)
        matrix.increment(i, j, k, in: registry.shared)
        #expect(matrix.counter(i, j, k) == nil)
        #expect(registry.text().isEmpty)
    }

    @Test("a matrix with one dimension; all rows on request")
    func exposesZeroes() throws {
        let matrix = try registry.counterMatrix(
            "r_total", help: "h", dimensions: [MetricDimension("type", ["A", "B"])], exposesZeroes: true)
        matrix.increment(1, in: registry.shared)
        #expect(registry.samples(of: "r_total") == [#"r_total{type="A"} 0"#, #"r_total{type="B"} 1"#])
        let cell = try #require(matrix.counter(1))
        #expect(registry.total(cell) == 1)
    }

    @Test("asking again gives the same cells; other dimension values count apart and are added up in the text")
    func reload() throws {
        let old = try registry.counterMatrix("r_total", help: "h", dimensions: [MetricDimension("p", ["a", "b"])])
        let same = try registry.counterMatrix("r_total", help: "h", dimensions: [MetricDimension("p", ["a", "b"])])
        let new = try registry.counterMatrix("r_total", help: "h", dimensions: [MetricDimension("p", ["b", "c"])])
        #expect(old == same)
        old.increment(1, in: registry.shared)
        new.increment(0, in: registry.shared)
        new.increment(1, in: registry.shared)
        #expect(registry.samples(of: "r_total") == [#"r_total{p="b"} 2"#, #"r_total{p="c"} 1"#])
    }

    static let badDimensions: [[MetricDimension]] = [
        [], [MetricDimension("a", [])], [MetricDimension("a", ["x", "x"])],
        ["a", "b", "c", "d"].map { MetricDimension($0, ["x"]) },
    ]

    @Test("no dimension, an empty one, one with a value twice and a fourth are refused", arguments: badDimensions)
    func invalid(_ dimensions: [MetricDimension]) {
        #expect(throws: MetricError.invalidDimensions("m")) {
            try registry.counterMatrix("m", help: "h", dimensions: dimensions)
        }
    }
}
