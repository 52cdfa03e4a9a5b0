import DNSServer
import Glibc
import Logging
import Synchronization

/// A command that runs as a child process, without a shell; what it writes becomes lines of the log.
///
/// It has the server's environment and folder, no input, no other files, and the usual signals. It is in a process group of its own.
struct ChildCommand: Sendable, CustomStringConvertible {
    /// How long a command is waited for; then it is ended, with all that it has started.
    static let patience = Duration.seconds(30)
    /// How many commands run in the background at a time.
    static let mostInBackground = 16
    /// How often a running command is looked at.
    private static let pause = Duration.milliseconds(20)
    private static let running = Mutex(0)

    /// Whether there was room for another command in the background, which must leave it again.
    static func enterBackground() -> Bool {
        running.withLock { running in
            guard running < mostInBackground else { return false }
            running += 1
            return true
        }
    }

    static func leaveBackground() {
        running.withLock { $0 -= 1 }
    }

    private let words: [String]
    private let logger: Logger

    /// - Parameter words: the program, which is looked for in `PATH`, and its arguments.
    init(_ words: [String], logger: Logger) {
        self.words = words
        self.logger = logger
    }

    var description: String { "\"\(words.joined(separator: " "))\"" }

    /// Runs it to its end, and for `limit` at most.
    func run(atMost limit: Duration? = nil) async {
        logger.info("\(self): started")
        let child: ChildProcess
        do throws(ChildProcess.Failure) {
            child = try ChildProcess(words)
        } catch {
            logger.error("\(self): \(error.reason)")
            return
        }
        var output = OutputLines(logger, of: words[0])
        let end = limit.map { ContinuousClock.now + $0 }
        while true {
            let status = child.status()
            child.read { output.take($0) }
            if let status {
                output.end()
                tell(status)
                return
            }
            if let end, ContinuousClock.now > end {
                child.kill()
                logger.error("\(self): ended after \(limit ?? .zero), which is all the time it has")
                // What remains is to reap it, which is soon done.
                while child.status() == nil { try? await Task.sleep(for: Self.pause) }
                return
            }
            try? await Task.sleep(for: Self.pause)
        }
    }

    private func tell(_ status: ChildProcess.Status) {
        switch status {
        case .exited(0): logger.info("\(self): done")
        case .exited(let code): logger.error("\(self): ended with status \(code)")
        case .killed(let signal): logger.error("\(self): ended by signal \(signal)")
        }
    }
}

/// What a command writes, as lines of the log, bounded in number and length.
struct OutputLines {
    /// Octets of a line that are shown.
    static let longest = 1_024
    /// Lines of a command that are shown.
    static let most = 1_000

    private let logger: Logger
    private let name: String
    private var line: [UInt8] = []
    private var count = 0

    init(_ logger: Logger, of name: String) {
        self.logger = logger
        self.name = name
    }

    mutating func take(_ octets: some Sequence<UInt8>) {
        for octet in octets {
            if octet == UInt8(ascii: "\n") {
                flush()
            } else if line.count < Self.longest {
                // A control character could make a line look like two.
                line.append(octet < 0x20 || octet == 0x7F ? UInt8(ascii: " ") : octet)
            }
        }
    }

    /// The command has ended; a last line may have no end.
    mutating func end() {
        if !line.isEmpty { flush() }
    }

    private mutating func flush() {
        count += 1
        if count <= Self.most { logger.info("\(name): \(String(decoding: line, as: UTF8.self))") }
        if count == Self.most + 1 { logger.warning("\(name): further lines are not shown") }
        line.removeAll(keepingCapacity: true)
    }
}
