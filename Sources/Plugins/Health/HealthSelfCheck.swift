import Corefile
import DNSServer
import Logging
import Synchronization
import Telemetry

/// Asks the process's own `/health` once a second, so that a process that is too busy to answer shows in the metrics.
///
/// One for each address, kept across reloads.
final class HealthSelfCheck: HandoverResource {
    private static let interval = Duration.seconds(1)
    private static let timeout = Duration.seconds(3)
    /// An answer from the same process that takes longer than this is worth a line.
    private static let slow = Duration.seconds(1)

    private weak let endpoint: HTTPEndpoint?
    private let metrics: MetricsRegistry
    private let logger: Logger
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(of endpoint: HTTPEndpoint, metrics: MetricsRegistry, logger: Logger) {
        self.endpoint = endpoint
        self.metrics = metrics
        self.logger = logger
    }

    /// Begins to ask; once is enough.
    ///
    /// - Throws: when another metric has the name.
    func start() throws(StartError) {
        let measure: Measure
        do {
            measure = Measure(
                duration: try metrics.histogram(
                    "coredns_health_request_duration_seconds",
                    help: "Histogram of the time (in seconds) each request took.",
                    buckets: .slimTime),
                failures: try metrics.counter(
                    "coredns_health_request_failures_total", help: "The number of times the health check failed."),
                shard: metrics.shared)
        } catch {
            throw StartError("plugin/health: \(error)")
        }
        task.withLock { task in
            guard task == nil else { return }
            task = Task { [endpoint, logger] in
                while (try? await Task.sleep(for: Self.interval)) != nil {
                    guard let address = endpoint?.boundAddress else { continue }
                    await Self.check(address, measure, logger)
                }
            }
        }
    }

    func close() async {
        task.withLock { $0 }?.cancel()
    }

    struct Measure: Sendable {
        let duration: Histogram
        let failures: Counter
        let shard: MetricShard
    }

    /// Asks once, counts and says what is wrong.
    static func check(_ address: HostPort, _ measure: Measure, _ logger: Logger) async {
        let clock = ContinuousClock()
        let start = clock.now
        do {
            _ = try await HTTPProbe.get("/health", at: address, timeout: timeout)
        } catch {
            guard !Task.isCancelled else { return }
            measure.failures.increment(in: measure.shard)
            logger.warning("Local health request to \"http://\(address)/health\" failed: \(error)")
        }
        let elapsed = clock.now - start
        measure.duration.observe(elapsed, in: measure.shard)
        guard elapsed > slow else { return }
        logger.warning(
            "Local health request to \"http://\(address)/health\" took more than 1s: \(GoDuration.print(elapsed))")
    }
}
