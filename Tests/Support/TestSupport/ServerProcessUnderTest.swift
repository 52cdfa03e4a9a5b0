package import Foundation

/// The server as a process of its own, in a folder of its own.
///
/// The program is `needletail` beside the tests, or what the environment variable `NEEDLETAIL_BINARY` names. The
/// Corefile and the other files are written to the folder, which is the process's working folder; both output streams
/// go to its log.
package final class ServerProcessUnderTest: Sendable {
    package typealias Exit = ChildProcess.Exit

    /// What to start.
    package struct Setup: Sendable {
        package var corefile: String?
        package var files: [String: String]
        package var environment: [String: String]
        package var arguments: [String]
        /// What stands before the program in the command: another one that starts it.
        package var prefix: [String]

        /// - Parameter corefile: its text; it is given with `-conf`. Nothing is given without one.
        package init(
            corefile: String? = nil, files: [String: String] = [:], environment: [String: String] = [:],
            arguments: [String] = [], prefix: [String] = []
        ) {
            self.corefile = corefile
            self.files = files
            self.environment = environment
            self.arguments = arguments
            self.prefix = prefix
        }
    }

    private let files: TemporaryFolder
    private let process: ChildProcess

    /// Starts the server.
    ///
    /// - Throws: when there is no such program, with the ways to name it.
    package init(_ setup: Setup) throws {
        let program = try Self.program()
        files = try TemporaryFolder()
        for (name, text) in setup.files { try files.write(text, to: name) }
        if let corefile = setup.corefile { try files.write(corefile, to: "Corefile") }
        let arguments = (setup.corefile == nil ? [] : ["-conf", "Corefile"]) + setup.arguments
        process = try ChildProcess(
            setup.prefix + [program.path] + arguments, in: files,
            environment: Self.environment.merging(setup.environment) { $1 })
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

    /// The process's folder.
    package var folder: URL { files.url }

    /// Writes a file of the process's folder, at once and whole.
    package func write(_ text: String, to name: String) throws {
        try files.write(text, to: name)
    }

    /// What the process has written so far, to both streams.
    package var log: String { process.log }

    // MARK: Life

    /// The process's number.
    package var id: Int32 { process.id }

    /// How the process ended; nil while it runs.
    package var exitSoFar: Exit? { process.exitSoFar }

    /// Sends a signal to this process.
    package func signal(_ number: Int32) {
        process.signal(number)
    }

    /// Waits until the process has ended by itself.
    package func waitForExit(within time: Duration = .seconds(15)) async throws -> Exit {
        try await process.waitForExit(within: time)
    }

    /// Waits until the server takes connections.
    ///
    /// - Throws: ``OutOfPatience`` with the log, at once when the process has ended.
    package func waitUntilListening(on port: Int, within time: Duration = .seconds(15)) async throws {
        try await process.waitForStart(shownBy: "a listener on port \(port)", within: time) {
            (try? LoopbackSocket(.stream, connectedTo: port)) != nil
        }
    }

    /// Waits until the server does what it does once it is ready.
    ///
    /// - Throws: ``OutOfPatience`` with the log, at once when the process has ended.
    package func waitForStart(shownBy what: String, _ condition: () async throws -> Bool) async throws {
        try await process.waitForStart(shownBy: what, condition)
    }

    /// Ends the process, if it still runs, and removes its folder.
    package func end() async {
        await process.end()
        files.remove()
    }
}
