/// The two text forms that scrapers read.
package enum ExpositionFormat: Sendable, Equatable {
    /// Prometheus text format 0.0.4, which every scraper reads.
    case prometheus
    /// OpenMetrics 1.0.0. Its `le` values have a decimal point, so a dashboard may see other series than with `prometheus`.
    case openMetrics

    /// The `Content-Type` to send with it.
    package var contentType: String {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }
}

/// Writes families into one buffer of text.
struct ExpositionWriter {
    let format: ExpositionFormat
    private var text: [UInt8] = []

    init(format: ExpositionFormat) {
        self.format = format
        text.reserveCapacity(16_384)
    }

    consuming func finish() -> [UInt8] {
        if format == .openMetrics { text += "# EOF\n".utf8 }
        return text
    }

    mutating func write(_ family: MetricFamily, _ blocks: [ExpositionBlock]) {
        let (name, type) = header(of: family)
        // OpenMetrics escapes quotes in help texts; the older format does not.
        let help = LabelSet.escape(family.help, quotes: format == .openMetrics)
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n".utf8
        for block in blocks {
            switch block.content {
            case .count(let count): line(family.name, block.labels, String(count))
            case .value(let value): line(family.name, block.labels, NumberText.of(value))
            case .histogram(let buckets, let sum): histogram(family, block.labels, buckets, sum)
            }
        }
    }

    private func header(of family: MetricFamily) -> (name: String, type: String) {
        switch (family.kind, format) {
        case (.counter, .prometheus): (family.name, "counter")
        case (.counter, .openMetrics):
            // There a counter's samples end in `_total` and its family's name does not.
            family.name.hasSuffix("_total") ? (String(family.name.dropLast(6)), "counter") : (family.name, "unknown")
        case (.gauge, _): (family.name, "gauge")
        case (.histogram, _): (family.name, "histogram")
        }
    }

    private mutating func histogram(_ family: MetricFamily, _ labels: String, _ buckets: [UInt64], _ sum: UInt64) {
        guard let bounds = family.bounds else { return }
        let prefix = labels.isEmpty ? "" : labels + ","
        var cumulative: UInt64 = 0
        for (index, count) in buckets.enumerated() {
            cumulative &+= count
            let le = index < bounds.bounds.count ? bound(bounds.bounds[index], bounds.unit) : "+Inf"
            line(family.name + "_bucket", "\(prefix)le=\"\(le)\"", String(cumulative))
        }
        line(family.name + "_sum", labels, NumberText.of(sum, bounds.unit))
        line(family.name + "_count", labels, String(cumulative))
    }

    private func bound(_ bound: UInt64, _ unit: BucketBounds.Unit) -> String {
        let text = NumberText.of(bound, unit)
        return format == .openMetrics && !text.utf8.contains(0x2E) ? text + ".0" : text
    }

    private mutating func line(_ name: String, _ labels: String, _ value: String) {
        text += name.utf8
        if !labels.isEmpty {
            text.append(0x7B)
            text += labels.utf8
            text.append(0x7D)
        }
        text.append(0x20)
        text += value.utf8
        text.append(0x0A)
    }
}

/// Numbers as scrapers read them.
enum NumberText {
    /// A floating-point value: whole numbers without a point, and `+Inf`, `-Inf`, `NaN`.
    static func of(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return value.description
    }

    /// An observed integer; nanoseconds become seconds, exactly, without trailing zeros.
    static func of(_ value: UInt64, _ unit: BucketBounds.Unit) -> String {
        guard unit == .nanoseconds else { return String(value) }
        let (seconds, rest) = value.quotientAndRemainder(dividingBy: 1_000_000_000)
        guard rest > 0 else { return String(seconds) }
        let digits = String(rest)
        let padded = String(repeating: "0", count: 9 - digits.utf8.count) + digits
        return "\(seconds)." + padded.prefix(through: padded.lastIndex { $0 != "0" } ?? padded.startIndex)
    }
}
