import Foundation
import Synchronization

/// Another program that runs beside the tests; both its output streams go to a file.
package final class ChildProcess: Sendable {
    /// How a process ended.
    package enum Exit: Equatable, Sendable {
        case status(Int32)
        case signal(Int32)
    }

    private let folder: TemporaryFolder
    private let logName: String
    private let process: Process
    private let exit: ExitBox

    /// Shared with the process's handler, which must not hold the process itself.
    private final class ExitBox: Sendable {
        let value = Mutex<Exit?>(nil)
    }

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - command: the program's path and its arguments.
    ///   - folder: its working folder.
    ///   - log: the file in the folder that its output goes to; it starts anew.
    ///   - environment: its environment; that of the tests when it is nil.
    package init(
        _ command: [String], in folder: TemporaryFolder, log logName: String = "log",
        environment: [String: String]? = nil
    ) throws {
        self.folder = folder
        self.logName = logName
        process = Process()
        exit = ExitBox()
        try folder.write("", to: logName)
        let log = try FileHandle(forWritingTo: folder.url.appending(path: logName))
        process.executableURL = URL(filePath: command.first ?? "")
        process.arguments = Array(command.dropFirst())
        process.currentDirectoryURL = folder.url
        if let environment { process.environment = environment }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = log
        process.standardError = log
        process.terminationHandler = { [exit] process in
            let code = process.terminationStatus
            exit.value.withLock { $0 = process.terminationReason == .exit ? .status(code) : .signal(code) }
        }
        try Self.withoutBlockedSignals { try process.run() }
    }

    /// Threads of Swift's concurrency block signals, and a process inherits that: it would never see a SIGTERM.
    private static func withoutBlockedSignals(_ body: () throws -> Void) rethrows {
        var none = sigset_t()
        var before = sigset_t()
        unsafe sigemptyset(&none)
        unsafe pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { _ = unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
    }

    /// What the process has written so far, to both streams.
    package var log: String { (try? folder.read(logName)) ?? "" }

    /// The process's number.
    package var id: Int32 { process.processIdentifier }

    /// How the process ended; nil while it runs.
    package var exitSoFar: Exit? { exit.value.withLock { $0 } }

    /// Sends a signal to this process.
    package func signal(_ number: Int32) {
        if exitSoFar == nil { kill(id, number) }
    }

    /// Waits until the process has ended by itself.
    package func waitForExit(within time: Duration = .seconds(15)) async throws -> Exit {
        var result: Exit?
        try await wait(within: time, for: "the end of the process", log: { log }) {
            result = exitSoFar
            return result != nil
        }
        return result ?? .status(-1)
    }

    /// Waits until the process does what it does once it is ready.
    ///
    /// - Throws: ``OutOfPatience`` with the log, at once when the process has ended.
    package func waitForStart(
        shownBy what: String, within time: Duration = .seconds(15), _ condition: () async throws -> Bool
    ) async throws {
        try await wait(within: time, for: what, log: { log }) {
            if let exit = exitSoFar {
                throw OutOfPatience(description: "the process has ended with \(exit) before \(what)\n\(log)")
            }
            return try await condition()
        }
    }

    /// Ends the process and its children at once, if it still runs, and waits for that.
    package func end() async {
        // Foundation gives every process a group of its own, where its children are as well.
        if exitSoFar == nil { kill(-id, SIGKILL) }
        signal(SIGKILL)
        try? await wait(for: "the end of the process") { exitSoFar != nil }
    }
}
