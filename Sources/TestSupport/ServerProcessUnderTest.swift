package import Foundation
import Synchronization

/// The server as a process of its own, in a folder of its own.
///
/// The program is `needletail` beside the tests, or what the environment variable `NEEDLETAIL_BINARY` names. The
/// Corefile and the other files are written to the folder, which is the process's working folder; both output streams
/// go to its log.
package final class ServerProcessUnderTest: Sendable {
    /// How a process ended.
    package enum Exit: Equatable, Sendable {
        case status(Int32)
        case signal(Int32)
    }

    /// What to start.
    package struct Setup: Sendable {
        package var corefile: String?
        package var files: [String: String]
        package var environment: [String: String]
        package var arguments: [String]

        /// - Parameter corefile: its text; it is given with `-conf`. Nothing is given without one.
        package init(
            corefile: String? = nil, files: [String: String] = [:], environment: [String: String] = [:],
            arguments: [String] = []
        ) {
            self.corefile = corefile
            self.files = files
            self.environment = environment
            self.arguments = arguments
        }
    }

    /// The process's folder.
    package let folder: URL
    private let process: Process
    private let exit: ExitBox

    /// Shared with the process's handler, which must not hold the process itself.
    private final class ExitBox: Sendable {
        let value = Mutex<Exit?>(nil)
    }

    /// Starts the server.
    ///
    /// - Throws: when there is no such program, with the ways to name it.
    package init(_ setup: Setup) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "needletail-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        process = Process()
        exit = ExitBox()
        for (name, text) in setup.files { try write(text, to: name) }
        if let corefile = setup.corefile { try write(corefile, to: "Corefile") }
        try write("", to: "log")
        let log = try FileHandle(forWritingTo: folder.appending(path: "log"))
        process.executableURL = try Self.program()
        process.arguments = (setup.corefile == nil ? [] : ["-conf", "Corefile"]) + setup.arguments
        process.currentDirectoryURL = folder
        process.environment = Self.environment.merging(setup.environment) { $1 }
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

    /// Runs `body` with a server and ends the server whatever happens.
    package static func run<Result>(
        _ setup: Setup, _ body: (ServerProcessUnderTest) async throws -> Result
    ) async throws -> Result {
        let server = try ServerProcessUnderTest(setup)
        do {
            let result = try await body(server)
            await server.end()
            return result
        } catch {
            await server.end()
            throw error
        }
    }

    /// The program's path.
    package static func program() throws -> URL {
        let path =
            ProcessInfo.processInfo.environment["NEEDLETAIL_BINARY"]
            ?? URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "needletail").path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw OutOfPatience(
                description: "there is no program \(path): build needletail, or name it in NEEDLETAIL_BINARY")
        }
        return URL(filePath: path)
    }

    private static var environment: [String: String] {
        var environment = ProcessInfo.processInfo.environment
        environment["SWIFT_BACKTRACE"] = "enable=no"
        return environment
    }

    // MARK: Files

    /// Writes a file of the process's folder, at once and whole.
    package func write(_ text: String, to name: String) throws {
        let file = folder.appending(path: name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file, options: .atomic)
    }

    /// What the process has written so far, to both streams.
    package var log: String {
        (try? String(contentsOf: folder.appending(path: "log"), encoding: .utf8)) ?? ""
    }

    // MARK: Life

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

    /// Waits until the server takes connections.
    ///
    /// - Throws: ``OutOfPatience`` with the log, at once when the process has ended.
    package func waitUntilListening(on port: Int, within time: Duration = .seconds(15)) async throws {
        try await wait(within: time, for: "a listener on port \(port)", log: { log }) {
            if let exit = exitSoFar {
                throw OutOfPatience(description: "the server has ended with \(exit) before it listened\n\(log)")
            }
            return (try? LoopbackSocket(.stream, connectedTo: port)) != nil
        }
    }

    /// Ends the process, if it still runs, and removes its folder.
    package func end() async {
        signal(SIGKILL)
        try? await wait(for: "the end of the process") { exitSoFar != nil }
        try? FileManager.default.removeItem(at: folder)
    }
}
