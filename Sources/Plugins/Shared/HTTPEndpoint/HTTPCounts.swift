import Telemetry

/// Counts the HTTP connections that were closed at a limit, of all addresses together.
struct HTTPCounts: Sendable {
    /// Why a connection was closed.
    enum Closing: Int, CaseIterable {
        /// Another one came, and this was the first of those who had most.
        case forNew
        /// Its request was not there in time.
        case slowRequest
        /// Its reply was not taken in time.
        case slowReader
        /// It still took a page when others had several later ones.
        case oldPage

        var label: String {
            switch self {
            case .forNew: "for_new"
            case .slowRequest: "slow_request"
            case .slowReader: "slow_reader"
            case .oldPage: "old_page"
            }
        }
    }

    private let closings: CounterMatrix
    private let shard: MetricShard

    /// - Throws: a conflict with another metric.
    init(_ metrics: MetricsRegistry) throws(MetricError) {
        shard = metrics.shared
        closings = try metrics.counterMatrix(
            "needletail_http_connections_closed_total",
            help: "HTTP connections to health, ready and metrics that were closed at a limit, by reason.",
            fixedLabels: [], dimensions: [MetricDimension("reason", Closing.allCases.map(\.label))],
            exposesZeroes: true)
    }

    func count(_ closing: Closing) {
        closings.increment(closing.rawValue, in: shard)
    }
}
