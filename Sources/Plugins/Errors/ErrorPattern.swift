import Corefile
import LinearRegex
import Logging
import Synchronization

/// Errors of one kind, counted by all workers and reported together once a period.
final class ErrorPattern: Sendable {
    private let pattern: ErrorsConfiguration.Pattern
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var count = 0
        var isClosed = false
        /// Ends the period that the first error began.
        var period: Task<Void, Never>?
    }

    /// What becomes of an error that matches.
    enum Outcome: Equatable {
        /// It was counted and has no line.
        case counted
        /// It has a line, at the pattern's level.
        case shown(Logger.Level)
    }

    init(_ pattern: ErrorsConfiguration.Pattern, logger: Logger) {
        self.pattern = pattern
        self.logger = logger
    }

    /// Takes an error; nil when it is not of this kind.
    func take(_ reason: String) -> Outcome? {
        guard pattern.regex.matches(reason) else { return nil }
        let isFirst = state.withLock { state -> Bool? in
            guard !state.isClosed else { return nil }
            state.count += 1
            guard state.count == 1 else { return false }
            state.period = Task { [weak self, period = pattern.period] in
                guard (try? await Task.sleep(for: period)) != nil else { return }
                self?.report()
            }
            return true
        }
        guard let isFirst else { return .shown(pattern.level) }
        return isFirst && pattern.showsFirst ? .shown(pattern.level) : .counted
    }

    /// Ends the period: logs the count, unless all there is to say has been said.
    func report() {
        let count = state.withLock { state in
            defer { state.count = 0 }
            return state.count
        }
        guard count > (pattern.showsFirst ? 1 : 0) else { return }
        let period = GoDuration.print(pattern.period)
        logger.log(level: pattern.level, "\(count) errors like '\(pattern.text)' occurred in last \(period)")
    }

    /// Reports what there is; errors that still come have lines of their own.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.period?.cancel()
        }
        report()
    }
}
