import Synchronization

/// What is asked of the registry for one series.
struct SeriesSpec {
    let name: String
    let help: String
    let kind: MetricKind
    let labels: LabelSet
    var dimensions: [MetricDimension] = []
    var bounds: BucketBounds?
    var cells = 0

    init(
        name: String, help: String, kind: MetricKind, labels: Labels, dimensions: [MetricDimension] = [],
        bounds: BucketBounds? = nil, cells: Int = 0
    ) {
        self.name = name
        self.help = help
        self.kind = kind
        self.labels = LabelSet(labels)
        self.dimensions = dimensions
        self.bounds = bounds
        self.cells = cells
    }

    var labelNames: [String] {
        (labels.names + dimensions.map(\.name)).sorted()
    }

    /// The series that counts for all those that are too many, with `other` for every label; nil where counts cannot be put together.
    var overflow: SeriesSpec? {
        guard kind != .gauge, dimensions.isEmpty, !labels.names.isEmpty else { return nil }
        return SeriesSpec(
            name: name, help: help, kind: kind, labels: labels.names.map { (name: $0, value: "other") }, bounds: bounds,
            cells: cells)
    }

    var key: SeriesKey {
        SeriesKey(labels: labels.text, dimensions: dimensions.map(\.key))
    }

    func validate() throws(MetricError) {
        guard MetricName.isValid(name) else { throw .invalidName(name) }
        if let bounds, !bounds.areValid { throw .invalidBuckets(name) }
        let names = labelNames
        for (index, label) in names.enumerated() {
            let isReserved = kind == .histogram && label == "le"
            let isRepeated = index > 0 && names[index - 1] == label
            guard MetricName.isValidLabel(label), !isReserved, !isRepeated else {
                throw .invalidLabel(label, metric: name)
            }
        }
    }
}

extension MetricsRegistry {
    /// The series that `spec` describes, made if it is new.
    func register(
        _ spec: SeriesSpec, make: (_ firstCell: Int) -> MetricSeries.Storage
    ) throws(MetricError) -> MetricSeries {
        try spec.validate()
        return try state.withLock { state throws(MetricError) in
            try state.register(spec, make: make)
        }
    }
}

extension MetricsRegistry.State {
    static let maximumCells = MetricShard.chunkCells * MetricShard.maximumChunks

    /// The most series of one family.
    ///
    /// A configuration can have as many; whatever has more takes its labels from a stranger.
    static let maximumSeries = 8_192

    mutating func register(
        _ spec: SeriesSpec, make: (_ firstCell: Int) -> MetricSeries.Storage
    ) throws(MetricError) -> MetricSeries {
        var family = try family(for: spec)
        if let known = family.series[spec.key] { return known }
        var spec = spec
        if family.series.count >= Self.maximumSeries {
            guard let overflow = spec.overflow else { throw .tooManySeries(spec.name) }
            spec = overflow
            if let known = family.series[spec.key] { return known }
        }
        let series = MetricSeries(labels: spec.labels, storage: make(try allocate(spec.cells, name: spec.name)))
        family.labelNames = spec.labelNames
        family.series[spec.key] = series
        families[spec.name] = family
        return series
    }

    /// The family that a spec belongs to, checked against it; not yet stored when it is new.
    func family(for spec: SeriesSpec) throws(MetricError) -> MetricFamily {
        guard let family = families[spec.name] else {
            return MetricFamily(name: spec.name, help: spec.help, kind: spec.kind, bounds: spec.bounds)
        }
        guard family.kind == spec.kind, family.bounds == spec.bounds else { throw .kindConflict(spec.name) }
        if let names = family.labelNames, names != spec.labelNames { throw .labelConflict(spec.name) }
        return family
    }

    /// Reserves cells and makes memory for them in every shard before anybody can know their index.
    private mutating func allocate(_ count: Int, name: String) throws(MetricError) -> Int {
        guard count <= Self.maximumCells - cellCount else { throw .tooManySeries(name) }
        let first = cellCount
        cellCount += count
        for shard in shards {
            shard.grow(toHold: cellCount)
        }
        return first
    }

    mutating func makeIdentifier() -> UInt64 {
        lastIdentifier += 1
        return lastIdentifier
    }
}
