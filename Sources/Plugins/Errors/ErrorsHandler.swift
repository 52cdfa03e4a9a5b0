import DNSServer
import DNSWire
import Logging

/// Writes the lines of one worker.
///
/// Lines leave with the worker's other output, at the end of a batch. At most a thousand a second are written by one worker,
/// so that an upstream that is down costs a log, not the server; the others are counted in a line of their own.
final class ErrorsHandler: ReplyHandler {
    private static let linesPerSecond = 1_000
    private static let second: UInt64 = 1_000_000_000

    private let patterns: [ErrorPattern]
    private var secondStart: UInt64 = 0
    private var lines = 0
    private var leftOut = 0
    /// Where a line goes.
    private let output: (Worker, [UInt8]) -> Void

    init(_ patterns: [ErrorPattern], output: @escaping (Worker, [UInt8]) -> Void = { $0.output.append($1) }) {
        self.output = output
        self.patterns = patterns
    }

    func handle(_ query: Query) -> Verdict { .next }

    func finish(_ query: Query) -> ReplyVerdict {
        guard let failure = query.failure, !failure.reason.isEmpty else { return .done }
        var level = Logger.Level.error
        if let outcome = outcome(of: failure.reason) {
            guard case .shown(let shown) = outcome else { return .done }
            level = shown
        }
        guard let word = Self.words[level], level > .debug || query.worker.writesDebugLines, mayWrite(query.worker)
        else { return .done }
        write(
            "[\(word)] plugin/errors: \(failure.responseCode.rawValue) \(query.ownedName.text) \(query.type): "
                + failure.reason, query.worker)
        return .done
    }

    func retire(on worker: Worker) {
        sayWhatWasLeftOut(worker)
    }

    private func outcome(of reason: String) -> ErrorPattern.Outcome? {
        for pattern in patterns {
            if let outcome = pattern.take(reason) { return outcome }
        }
        return nil
    }

    /// Whether the second has room for one more line.
    private func mayWrite(_ worker: Worker) -> Bool {
        if worker.now &- secondStart >= Self.second {
            sayWhatWasLeftOut(worker)
            secondStart = worker.now
            lines = 0
        }
        lines += 1
        guard lines > Self.linesPerSecond else { return true }
        leftOut += 1
        return false
    }

    private func sayWhatWasLeftOut(_ worker: Worker) {
        guard leftOut > 0 else { return }
        write("[ERROR] plugin/errors: \(leftOut) more errors were left out of the log", worker)
        leftOut = 0
    }

    /// Control characters that came with a reason cannot start another line.
    private func write(_ line: String, _ worker: Worker) {
        var bytes = line.utf8.map { $0 < 0x20 ? 0x20 : $0 }
        bytes.append(0x0A)
        output(worker, bytes)
    }

    private static let words: [Logger.Level: String] = [
        .debug: "DEBUG", .info: "INFO", .warning: "WARNING", .error: "ERROR",
    ]
}
