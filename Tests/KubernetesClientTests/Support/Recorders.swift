import KubernetesClient
import Logging
import Synchronization

/// Keeps what was logged.
final class LogRecorder: Sendable {
    private let lines = Mutex<[String]>([])

    /// The lines so far, with their levels.
    var all: [String] { lines.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(recorder: self) } }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            recorder.lines.withLock { $0.append("\(event.level): \(event.message)") }
        }
    }
}

/// Keeps what an observer is told, and lets tests wait for it.
final class ObserverRecorder: ClientObserver {
    private struct State {
        var reports: [RequestReport] = []
        var changes: [Bool] = []
        var dropped = 0
        var waiters: [(count: Int, code: String, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var reports: [RequestReport] { state.withLock { $0.reports } }
    var changes: [Bool] { state.withLock { $0.changes } }
    var dropped: Int { state.withLock { $0.dropped } }

    func requestFinished(_ report: RequestReport) {
        let ready = state.withLock { state in
            state.reports.append(report)
            let reports = state.reports
            let isReady = { (waiter: (count: Int, code: String, continuation: CheckedContinuation<Void, Never>)) in
                reports.count { $0.code == waiter.code } >= waiter.count
            }
            let ready = state.waiters.filter(isReady)
            state.waiters.removeAll(where: isReady)
            return ready
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    func reflectorChanged(resource: String, isFollowing: Bool) {
        state.withLock { $0.changes.append(isFollowing) }
    }

    func addressesDropped(resource: String, count: Int) {
        state.withLock { $0.dropped += count }
    }

    /// Waits until so many requests ended with a code.
    func wait(for count: Int, code: String) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                guard state.reports.count(where: { $0.code == code }) < count else { return true }
                state.waiters.append((count, code, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}

/// A clock that never waits, and keeps the pauses it was asked for.
final class PauseRecorder: Sendable {
    private let pauses = Mutex<[Duration]>([])

    var all: [Duration] { pauses.withLock { $0 } }

    var clock: ClientClock {
        ClientClock(
            now: ClientClock.system.now,
            sleep: { duration in
                self.pauses.withLock { $0.append(duration) }
                try Task.checkCancellation()
                await Task.yield()
            })
    }
}
