import KubernetesClient
import Logging
import Synchronization
import Telemetry

/// What is counted and logged of the way to one API server.
///
/// An outage is one line when it begins and one when it is over, however many kinds of objects are followed.
final class ClusterTelemetry: ClientObserver {
    private struct State {
        /// The kinds of objects that are followed at the moment.
        var following: Set<String> = []
        /// Since when not all of them are; nil while they are, and before they were for the first time.
        var outage: ContinuousClock.Instant?
        var wasUp = false
        var requests: [String: Counter] = [:]
    }

    private let state = Mutex(State())
    private let host: String
    private let kinds: Int
    private let metrics: MetricsRegistry
    private let logger: Logger
    private let durations: Histogram
    private let waits: Histogram
    private let isUp: Gauge
    private let lastEvent: Gauge

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
        isUp = try metrics.gauge(
            "needletail_kubernetes_api_up", help: "Whether all kinds of objects are followed.",
            labels: [("host", host)])
        lastEvent = try metrics.gauge(
            "needletail_kubernetes_last_event_timestamp_seconds",
            help: "When the API server last told something, in seconds since 1970.", labels: [("host", host)])
    }

    /// The API server told something.
    ///
    /// - Parameter now: nanoseconds since 1970.
    func eventArrived(now: Int64) {
        lastEvent.set(Double(now) / 1e9)
    }

    // MARK: ClientObserver

    func requestFinished(_ report: RequestReport) {
        let counter: Counter? = state.withLock { state in
            if let known = state.requests[report.code] { return known }
            let counter = try? metrics.counter(
                "coredns_kubernetes_rest_client_requests_total", help: "Requests to the API server.",
                labels: [("code", report.code), ("method", report.method), ("host", report.host)])
            state.requests[report.code] = counter
            return counter
        }
        counter?.increment(in: metrics.shared)
        // A watch takes as long as it likes.
        if report.operation != .watch { durations.observe(report.duration, in: metrics.shared) }
    }

    func requestWaited(operation: APIRequest.Operation, method: String, host: String, duration: Duration) {
        waits.observe(duration, in: metrics.shared)
    }

    func reflectorChanged(resource: String, isFollowing: Bool) {
        let text: String? = state.withLock { state in
            if isFollowing { state.following.insert(resource) } else { state.following.remove(resource) }
            let isComplete = state.following.count >= kinds
            isUp.set(isComplete ? 1 : 0)
            return Self.change(&state, isComplete, resource, nil, host)
        }
        guard let text else { return }
        logger.log(level: isFollowing ? .notice : .warning, "\(text)")
    }

    private static func change(
        _ state: inout State, _ isComplete: Bool, _ resource: String, _ cause: String?, _ host: String
    ) -> String? {
        if !isComplete {
            guard state.outage == nil else { return nil }
            state.outage = .now
            let rest = state.wasUp ? "; answers stay as they are" : ""
            return "API server \(host): \(resource): \(cause ?? "not followed"); retrying\(rest)"
        }
        defer {
            state.outage = nil
            state.wasUp = true
        }
        guard let since = state.outage, state.wasUp else { return nil }
        return "API server \(host): followed again after \(seconds(.now - since)) s"
    }

    private static func seconds(_ duration: Duration) -> Double {
        (duration / .seconds(1) * 1000).rounded() / 1000
    }

    func addressesDropped(resource: String, count: Int) {
        self.count(
            "needletail_kubernetes_addresses_dropped_total", "Addresses of objects that are none and were left out.",
            resource, count)
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
