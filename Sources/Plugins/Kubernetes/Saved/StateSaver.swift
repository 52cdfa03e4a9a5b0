import DNSServer
import Logging
import Synchronization
import Telemetry

/// Keeps the last good state of a cluster in a file: at once when it is known for the first time, then at most every five seconds.
final class StateSaver: Sendable {
    private struct Progress {
        var lastSave: ContinuousClock.Instant?
        /// When the state on disk was written, in nanoseconds since 1970; nil when there is none.
        var written: UInt64?
        var lastFailure: StateFileError?
    }

    private let file: StateFile
    private let logger: Logger
    private let failures: Counter
    private let isRestored: Gauge
    private let metrics: MetricsRegistry
    private let age: Mutex<CollectorToken?>
    private let progress = Mutex(Progress())
    /// Nanoseconds since 1970.
    private let clock: @Sendable () -> UInt64
    /// One writer at a time.
    private let writer = Writer()

    private static let pause = Duration.seconds(5)

    private actor Writer {
        func write(_ file: StateFile, _ model: ClusterModel, now: UInt64) throws(StateFileError) {
            try file.write(model, now: now)
        }
    }

    /// - Parameter clock: nanoseconds since 1970.
    /// - Throws: a conflict with another metric.
    init(
        _ file: StateFile, _ metrics: MetricsRegistry, logger: Logger,
        clock: @escaping @Sendable () -> UInt64 = { SystemClock.wall }
    ) throws(MetricError) {
        self.file = file
        self.clock = clock
        self.logger = logger
        self.metrics = metrics
        let labels: Labels = [("file", file.path)]
        failures = try metrics.counter(
            "needletail_kubernetes_snapshot_failures_total",
            help: "Times that the state could not be written to its file.", labels: labels)
        isRestored = try metrics.gauge(
            "needletail_kubernetes_snapshot_serving",
            help: "Whether answers come from the file, because the API server has not told its state yet.",
            labels: labels)
        age = Mutex(nil)
        let token = try metrics.gauge(
            "needletail_kubernetes_snapshot_age_seconds", help: "How old the state in the file is; NaN without one.",
            labels: labels
        ) { [weak self] in
            guard let self, let written = progress.withLock({ $0.written }) else { return .nan }
            return Double(SystemClock.time(from: written, to: self.clock())) / 1e9
        }
        age.withLock { $0 = token }
    }

    /// Stops to tell of the file.
    func retire() {
        if let token = age.withLock({ $0.take() }) { metrics.remove(token) }
    }

    // MARK: Reading

    /// Puts the state on disk into `model`.
    ///
    /// - Returns: whether there was one; what is wrong with a file is logged.
    func restore(_ model: inout ClusterModel) -> Bool {
        do throws(StateFileError) {
            let written = try file.read(into: &model)
            progress.withLock { $0.written = written }
            isRestored.set(1)
            let age = Self.age(from: written, to: clock())
            logger.notice("answering from snapshot \(file.path), \(age), until the API server tells its state")
            return true
        } catch .absent {
            return false
        } catch {
            logger.warning("snapshot \(file.path) is not used: \(error); waiting for the API server")
            return false
        }
    }

    /// How old a file is, in words; one from the future says that a clock is wrong, and is as good as another.
    private static func age(from written: UInt64, to now: UInt64) -> String {
        guard written <= now else { return "dated in the future (a clock is or was wrong)" }
        return "\(SystemClock.time(from: written, to: now) / 1_000_000_000) s old"
    }

    // MARK: Writing

    /// Waits until it is time to write again.
    func waitUntilDue() async {
        guard let last = progress.withLock({ $0.lastSave }) else { return }
        try? await Task.sleep(until: last + Self.pause, clock: .continuous)
    }

    /// Writes the state; a failure is counted, and logged when it is another one than before.
    ///
    /// - Returns: whether it was written.
    func save(_ model: ClusterModel) async -> Bool {
        isRestored.set(0)
        let now = clock()
        do throws(StateFileError) {
            try await writer.write(file, model, now: now)
            let failed = progress.withLock { progress in
                defer { progress.lastFailure = nil }
                progress.lastSave = .now
                progress.written = now
                return progress.lastFailure != nil
            }
            if failed { logger.notice("snapshot \(file.path): written again") }
            return true
        } catch {
            failures.increment(in: metrics.shared)
            let isNew = progress.withLock { progress in
                defer { progress.lastFailure = error }
                progress.lastSave = .now
                return progress.lastFailure != error
            }
            if isNew { logger.error("snapshot \(file.path): \(error); trying again with the next change") }
            return false
        }
    }
}
