import ArgumentParser
import DNSServer
import Glibc
import Logging
import NIOCore
import Plugins
import Telemetry
import UnixSignals

/// The command line: CoreDNS's flags, with one or two dashes.
@main
struct Needletail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "needletail", abstract: "A DNS server for Kubernetes clusters that takes the place of CoreDNS.",
        helpNames: [.long, .customShort("h"), .customLong("help", withSingleDash: true)])

    @Option(
        name: [.customLong("conf"), .customLong("conf", withSingleDash: true)],
        help: ArgumentHelp("The Corefile (default: ./Corefile, else a built-in one).", valueName: "file"))
    var configurationFile: String?

    @Option(
        name: [
            .customLong("dns.port"), .customLong("dns.port", withSingleDash: true), .customShort("p"),
        ],
        help: ArgumentHelp("The port of server blocks that name none.", valueName: "port"))
    var port = 53

    @Option(
        name: [.customLong("pidfile"), .customLong("pidfile", withSingleDash: true)],
        help: ArgumentHelp("Write the process's number to this file.", valueName: "file"))
    var processFile: String?

    @Flag(
        name: [.customLong("plugins"), .customLong("plugins", withSingleDash: true)],
        help: "List the plugins that are served, and exit.")
    var listsPlugins = false

    @Flag(
        name: [.customLong("quiet"), .customLong("quiet", withSingleDash: true)],
        help: "Leave out addresses, version and limits at start; all else is still said.")
    var isQuiet = false

    @Flag(
        name: [.customLong("version"), .customLong("version", withSingleDash: true)],
        help: "Print the version, and exit.")
    var printsVersion = false

    @Argument(help: .hidden)
    var rest: [String] = []

    /// Exit status 2 for a wrong command line, as CoreDNS has it.
    static func main() async {
        do {
            let command = try parse(GoFlags.plain(CommandLine.arguments.dropFirst()))
            try await command.run()
            // What was asked for on the command line is waited for like a program's output.
            Standard.drain(milliseconds: 10_000)
        } catch {
            let code = exitCode(for: error)
            if code == .success {
                exit(withError: error)
            }
            if code == .validationFailure {
                Standard.error(fullMessage(for: error))
                Standard.exit(2)
            }
            Standard.error(message(for: error))
            Standard.exit(1)
        }
    }

    func run() async throws {
        guard rest.isEmpty else { throw CommandError("extra command line arguments: \(rest)") }
        guard (1...65_535).contains(port) else { throw ValidationError("-dns.port takes a port from 1 to 65535") }
        if printsVersion { return Standard.output(Version.text) }
        if listsPlugins { return Standard.output(PluginOrder.listing) }
        LoggingSystem.bootstrap { ConsoleLogHandler(label: $0) }
        try await ServerProcess(
            corefilePath: corefilePath, port: port, isQuiet: isQuiet,
            processFile: processFile.map { ProcessFile(path: $0) }
        ).run()
    }

    /// `-conf`, else `Corefile` in the working folder if there is one.
    private var corefilePath: String? {
        if let configurationFile { return configurationFile }
        return unsafe access("Corefile", R_OK) == 0 ? "Corefile" : nil
    }
}

/// A failure that ends the process with status 1; its text is all there is to say.
struct CommandError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
