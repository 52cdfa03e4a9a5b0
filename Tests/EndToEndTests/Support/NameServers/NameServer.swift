import DNSWire
import Foundation
import Synchronization
import TestSupport

/// A name server of another house, to stand behind the server under test.
///
/// It runs in the foreground, with all its files in a folder of its own, and can be killed and started again.
final class NameServer: Sendable {
    /// What it serves, and how.
    struct Setup: Sendable {
        var zones: [Zone] = []
        /// Lines of the configuration's clause `server` that are not in every configuration, for instance what TLS needs.
        var serverLines = ""
        /// Lines behind all others: further clauses.
        var otherLines = ""
        /// Files that those lines name, in the server's working folder.
        var files: [String: String] = [:]
        /// What it is asked to find out whether it is ready; the SOA record of its first zone when it is nil.
        var probe: Question?
        var address = "127.0.0.1"
        /// What stands before the program in the command: another one that starts it.
        var prefix: [String] = []
    }

    let program: NameServerProgram
    let port: Int
    private let setup: Setup
    private let folder: TemporaryFolder
    private let process = Mutex<ChildProcess?>(nil)

    /// Writes the files; nothing runs yet.
    ///
    /// - Parameter port: a free one when it is nil.
    init(_ program: NameServerProgram, _ setup: Setup, port: Int? = nil) throws {
        self.program = program
        self.setup = setup
        self.port = try port ?? FreePort.take()
        folder = try TemporaryFolder()
        for zone in setup.zones { try folder.write(zone.text, to: zone.file) }
        for (name, text) in setup.files { try folder.write(text, to: name) }
        try folder.write(program.configuration(setup, port: self.port, folder: folder.path), to: "configuration")
        // A package may confine its program to the system's own folders (AppArmor), and does so by the program's path.
        let installed = URL(filePath: try program.path()).resolvingSymlinksInPath()
        try FileManager.default.copyItem(at: installed, to: folder.url.appending(path: program.rawValue))
    }

    /// Runs `body` with a server that answers, and ends it whatever happens.
    static func run<Result>(
        _ program: NameServerProgram, _ setup: Setup, _ body: (NameServer) async throws -> Result
    ) async throws -> Result {
        let server = try NameServer(program, setup)
        do {
            try await server.start()
            let result = try await body(server)
            await server.end()
            return result
        } catch {
            await server.end()
            throw error
        }
    }

    /// What the server has written since it was started last.
    var log: String { process.withLock { $0 }?.log ?? "" }

    /// Starts the program and waits until it answers, if that can be asked on 127.0.0.1.
    func start() async throws {
        let command = setup.prefix + [folder.path + "/" + program.rawValue] + program.arguments
        let child = try ChildProcess(command, in: folder)
        process.withLock { $0 = child }
        guard setup.address == "127.0.0.1" else { return }
        try await child.waitForStart(shownBy: "answers of \(program.rawValue)") { try await isAnswering() }
    }

    /// Kills the program without a chance to say goodbye; its files stay, and it can be started again.
    func kill() async throws {
        await process.withLock { $0 }?.end()
        let port = self.port
        try await wait(for: "port \(port) to be left") {
            (try? LoopbackSocket(.datagram, occupying: port)) != nil
        }
    }

    /// Ends the program and removes its files.
    func end() async {
        await process.withLock { $0 }?.end()
        folder.remove()
    }

    private func isAnswering() async throws -> Bool {
        guard let question = try setup.probe ?? setup.zones.first?.startOfAuthority else { return true }
        let query = Message(id: 1, asking: question)
        let port = self.port
        return try await onThread {
            [false, true].contains { overTCP in
                let reply = try? Asking.message(query, port: port, overTCP: overTCP, within: .milliseconds(100))
                return reply?.responseCode == .noError
            }
        }
    }
}
