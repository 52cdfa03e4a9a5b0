import Logging
import Synchronization

/// What `/ready` says, from what the server says of its plugins.
final class ReadinessReport: Sendable {
    private let monitor: ReadyConfiguration.Monitor
    private let logger: Logger
    private let isShuttingDown: @Sendable () -> Bool
    private let notReady: @Sendable () -> [String]
    /// The plugins that have not been ready yet; nil before the first request.
    private let pending = Mutex<Set<String>?>(nil)

    init(
        _ monitor: ReadyConfiguration.Monitor, logger: Logger, isShuttingDown: @escaping @Sendable () -> Bool,
        notReady: @escaping @Sendable () -> [String]
    ) {
        self.monitor = monitor
        self.logger = logger
        self.isShuttingDown = isShuttingDown
        self.notReady = notReady
    }

    /// The reply to a request now.
    func reply() -> HTTPReply {
        guard !isShuttingDown() else { return HTTPReply(status: 503, "Shutting down") }
        let names = unready()
        guard !names.isEmpty else { return HTTPReply("OK") }
        let text = names.joined(separator: ",")
        logger.info("Plugins not ready: \"\(text)\"")
        return HTTPReply(status: 503, text)
    }

    /// The plugins that hold readiness back, sorted.
    private func unready() -> [String] {
        let now = notReady()
        guard monitor == .untilReady else { return now.sorted() }
        return pending.withLock { pending in
            let left = pending?.intersection(now) ?? Set(now)
            pending = left
            return left.sorted()
        }
    }
}
