import Synchronization

extension MetricsRegistry {
    /// The text that a scrape gets.
    ///
    /// *Shape*: families sorted by name, series by labels. The registry's lock is held only to copy the lists, so counting,
    /// registering and scraping go on beside each other.
    package func exposition(_ format: ExpositionFormat = .prometheus) -> [UInt8] {
        let (families, shards) = state.withLock { ($0.families, $0.shards) }
        var writer = ExpositionWriter(format: format)
        for family in families.values.sorted(by: { $0.name < $1.name }) {
            let blocks = ExpositionBlock.blocks(of: family, shards: shards)
            if !blocks.isEmpty { writer.write(family, blocks) }
        }
        return writer.finish()
    }

    /// What all shards have counted together.
    package func total(_ counter: Counter) -> UInt64 {
        state.withLock { $0.shards }.total(counter.cell)
    }

    /// How many observations a histogram has, and their sum in its unit.
    package func total(_ histogram: Histogram) -> (count: UInt64, sum: UInt64) {
        let shards = state.withLock { $0.shards }
        let counts = shards.buckets(of: histogram)
        return (counts.reduce(0, &+), shards.total(histogram.cell))
    }
}

extension [MetricShard] {
    func total(_ cell: Int) -> UInt64 {
        reduce(0) { $0 &+ $1.value(at: cell) }
    }

    func buckets(of histogram: Histogram) -> [UInt64] {
        (0...histogram.boundCount).map { total(histogram.cell + 1 + $0) }
    }
}

/// One series as it was at the scrape.
struct ExpositionBlock {
    let labels: String
    var content: Content

    enum Content {
        case count(UInt64)
        case value(Double)
        case histogram(buckets: [UInt64], sum: UInt64)
    }

    /// All series of a family, sorted by labels, each label set once.
    static func blocks(of family: MetricFamily, shards: [MetricShard]) -> [ExpositionBlock] {
        var blocks: [ExpositionBlock] = []
        for series in family.series.values {
            append(series, shards, to: &blocks)
        }
        for collect in family.collectors.values {
            for sample in collect() where sample.labels.allSatisfy({ MetricName.isValidLabel($0.name) }) {
                blocks.append(ExpositionBlock(labels: LabelSet(sample.labels).text, content: .value(sample.value)))
            }
        }
        blocks.sort { $0.labels < $1.labels }
        return merged(blocks, kind: family.kind)
    }

    private static func append(_ series: MetricSeries, _ shards: [MetricShard], to blocks: inout [ExpositionBlock]) {
        let labels = series.labels.text
        switch series.storage {
        case .counter(let counter):
            blocks.append(ExpositionBlock(labels: labels, content: .count(shards.total(counter.cell))))
        case .gauge(let gauge):
            blocks.append(ExpositionBlock(labels: labels, content: .value(gauge.value)))
        case .computed(_, let value):
            blocks.append(ExpositionBlock(labels: labels, content: .value(value())))
        case .histogram(let histogram):
            blocks.append(ExpositionBlock(labels: labels, content: content(of: histogram, shards)))
        case .matrix(let matrix, let dimensions, let exposesZeroes):
            append(matrix, dimensions, exposesZeroes, series.labels, shards, to: &blocks)
        case .vector(let vector, let dimension, let exposesZeroes):
            append(vector, dimension, exposesZeroes, series.labels, shards, to: &blocks)
        }
    }

    private static func content(of histogram: Histogram, _ shards: [MetricShard]) -> Content {
        .histogram(buckets: shards.buckets(of: histogram), sum: shards.total(histogram.cell))
    }

    private static func append(
        _ matrix: CounterMatrix, _ dimensions: [MetricDimension], _ exposesZeroes: Bool, _ labels: LabelSet,
        _ shards: [MetricShard], to blocks: inout [ExpositionBlock]
    ) {
        for row in 0..<(matrix.count0 * matrix.count1 * matrix.count2) {
            let count = shards.total(matrix.cell + row)
            guard count > 0 || exposesZeroes else { continue }
            var rest = row
            var rowLabels: Labels = []
            for dimension in dimensions.reversed() {
                rowLabels.append((dimension.name, dimension.values[rest % dimension.values.count]))
                rest /= dimension.values.count
            }
            blocks.append(ExpositionBlock(labels: labels.adding(rowLabels).text, content: .count(count)))
        }
    }

    private static func append(
        _ vector: HistogramVector, _ dimension: MetricDimension, _ exposesZeroes: Bool, _ labels: LabelSet,
        _ shards: [MetricShard], to blocks: inout [ExpositionBlock]
    ) {
        for (index, value) in dimension.values.enumerated() {
            let histogram = vector[index]
            let isEmpty = shards.buckets(of: histogram).allSatisfy { $0 == 0 }
            guard !isEmpty || exposesZeroes else { continue }
            let text = labels.adding([(dimension.name, value)]).text
            blocks.append(ExpositionBlock(labels: text, content: content(of: histogram, shards)))
        }
    }

    /// Equal label sets in one: a scraper refuses a page that has the same series twice.
    private static func merged(_ blocks: [ExpositionBlock], kind: MetricKind) -> [ExpositionBlock] {
        var result: [ExpositionBlock] = []
        for block in blocks {
            guard let last = result.last, last.labels == block.labels else {
                result.append(block)
                continue
            }
            result[result.count - 1].content = combine(last.content, block.content, kind: kind)
        }
        return result
    }

    private static func combine(_ one: Content, _ other: Content, kind: MetricKind) -> Content {
        switch (one, other) {
        case (.count(let a), .count(let b)): .count(a &+ b)
        case (.value(let a), .value(let b)): .value(kind == .counter ? a + b : a)
        case (.count(let a), .value(let b)), (.value(let b), .count(let a)): .value(Double(a) + b)
        case (.histogram(let a, let sum), .histogram(let b, let otherSum)):
            .histogram(buckets: zip(a, b).map { $0 &+ $1 }, sum: sum &+ otherSum)
        default: one
        }
    }
}
