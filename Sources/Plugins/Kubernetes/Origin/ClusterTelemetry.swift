import KubernetesClient
import Logging
import Synchronization
import Telemetry

/// What is counted and logged of the way to one API server.
///
/// An outage is one line when it begins and one when it is over, however many kinds of objects are followed.
final class ClusterTelemetry: ClientObserver {
    private struct State {
        /// How each kind of objects stands, once that is known.
        var standings: [String: ReflectorStanding] = [:]
        /// Since when the API server is away; nil while it is there, and before it was asked.
        var outage: ContinuousClock.Instant?
        /// Whether it was there before.
        var wasUp = false
        var requests: [String: Counter] = [:]
        /// The gauges, to be taken out when the cluster is not followed any more.
        var gauges: [CollectorToken] = []
    }

    private let state = Mutex(State())
    private let host: String
    private let kinds: Int
    private let metrics: MetricsRegistry
    private let logger: Logger
    private let durations: Histogram
    private let waits: Histogram
    /// When the API server last told something, in nanoseconds since 1970; 0 before.
    private let lastEvent = Atomic<Int64>(0)

    /// - Parameters:
    ///   - host: host and port of the API server.
    ///   - kinds: how many kinds of objects are followed.
    /// - Throws: a conflict with another metric.
    init(host: String, kinds: Int, _ metrics: MetricsRegistry, logger: Logger) throws(MetricError) {
        self.host = host
        self.kinds = kinds
        self.metrics = metrics
        self.logger = logger
        let request: Labels = [("verb", "GET"), ("host", host)]
        durations = try metrics.histogram(
            "coredns_kubernetes_rest_client_request_duration_seconds",
            help: "Time that the API server took to answer lists.", labels: request, buckets: .general)
        waits = try metrics.histogram(
            "coredns_kubernetes_rest_client_rate_limiter_duration_seconds",
            help: "Time that requests waited for our own limits.", labels: request, buckets: .general)
        let gauges = [
            try metrics.gauge(
                "needletail_kubernetes_api_up", help: "Whether all kinds of objects are followed.",
                labels: [("host", host)]
            ) { [weak self] in self?.isUp == true ? 1 : 0 },
            try metrics.gauge(
                "needletail_kubernetes_last_event_timestamp_seconds",
                help: "When the API server last told something, in seconds since 1970.", labels: [("host", host)]
            ) { [weak self] in Double(self?.lastEvent.load(ordering: .relaxed) ?? 0) / 1e9 },
        ]
        state.withLock { $0.gauges = gauges }
    }

    /// Takes its gauges out of the metrics, unless another follows the same API server by now; counters stay.
    func retire() {
        for token in state.withLock({ $0.gauges }) { metrics.remove(token) }
    }

    private var isUp: Bool {
        state.withLock { state in state.standings.values.count { $0 == .following } >= kinds }
    }

    /// The API server told something.
    ///
    /// - Parameter now: nanoseconds since 1970.
    func eventArrived(now: Int64) {
        lastEvent.store(now, ordering: .relaxed)
    }

    // MARK: ClientObserver

    func requestFinished(_ report: RequestReport) {
        let code = Self.label(report.code)
        let counter: Counter? = state.withLock { state in
            if let known = state.requests[code] { return known }
            let counter = try? metrics.counter(
                "coredns_kubernetes_rest_client_requests_total", help: "Requests to the API server.",
                labels: [("code", code), ("method", report.method), ("host", report.host)])
            state.requests[code] = counter
            return counter
        }
        counter?.increment(in: metrics.shared)
        // A watch takes as long as it likes.
        if report.operation != .watch { durations.observe(report.duration, in: metrics.shared) }
    }

    /// A status that HTTP does not have is the API server's own invention.
    private static func label(_ code: String) -> String {
        guard let number = Int(code) else { return code }
        return (100...599).contains(number) ? code : "other"
    }

    func requestWaited(operation: APIRequest.Operation, method: String, host: String, duration: Duration) {
        waits.observe(duration, in: metrics.shared)
    }

    var tellsOutages: Bool { true }

    func reflectorChanged(resource: String, to standing: ReflectorStanding) {
        let line: (level: Logger.Level, text: String)? = state.withLock { state in
            state.standings[resource] = standing
            if case .away(let cause) = standing { return Self.outageBegins(&state, cause).map { (.warning, $0) } }
            return outageEnds(&state).map { (.notice, $0) }
        }
        guard let line else { return }
        logger.log(level: line.level, "API server \(host): \(line.text)")
    }

    private static func outageBegins(_ state: inout State, _ cause: String) -> String? {
        guard state.outage == nil else { return nil }
        state.outage = .now
        return "\(cause); retrying" + (state.wasUp ? "; answers stay as they are" : "")
    }

    /// The API server is back when no kind of object misses it any more; one that it refuses is another matter.
    private func outageEnds(_ state: inout State) -> String? {
        let standings = state.standings
        let refused = standings.filter { $0.value == .refused }.keys.sorted()
        let following = standings.values.count { $0 == .following }
        guard following > 0, following + refused.count >= kinds else { return nil }
        defer { (state.outage, state.wasUp) = (nil, true) }
        guard let since = state.outage else { return nil }
        let again = state.wasUp ? " again" : ""
        let rest = refused.isEmpty ? "" : ", but for \(refused.joined(separator: ", "))"
        return "followed\(again) after \(Self.seconds(.now - since)) s\(rest)"
    }

    private static func seconds(_ duration: Duration) -> Double {
        (duration / .seconds(1) * 1000).rounded() / 1000
    }

    func addressesDropped(resource: String, count: Int) {
        self.count(
            "needletail_kubernetes_addresses_dropped_total", "Addresses of objects that are none and were left out.",
            resource, count)
    }

    func objectsLeftOut(resource: String, reason: LeftOutObject.Reason, count: Int) {
        let counter = try? metrics.counter(
            "needletail_kubernetes_objects_left_out_total",
            help: "Objects that were left out, so that all others could be taken.",
            labels: [("resource", resource), ("reason", reason.rawValue)])
        counter?.increment(by: UInt64(clamping: count), in: metrics.shared)
    }

    func divergenceFound(resource: String, count: Int) {
        self.count(
            "needletail_kubernetes_divergences_total",
            "Objects that a check found to differ from what the watch had told.", resource, count)
    }

    private func count(_ name: String, _ help: String, _ resource: String, _ amount: Int) {
        let counter = try? metrics.counter(name, help: help, labels: [("resource", resource)])
        counter?.increment(by: UInt64(clamping: amount), in: metrics.shared)
    }
}
