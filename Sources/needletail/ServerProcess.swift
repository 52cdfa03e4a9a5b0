import CFault
import DNSServer
import Glibc
import Logging
import NIOCore
import NIOPosix
import Plugins
import Telemetry
import UnixSignals

/// The life of the process around the server: start, signals, stop.
///
/// SIGTERM and SIGINT stop it, with lameduck; a second SIGINT ends it at once with status 2. SIGUSR1 reloads. SIGQUIT ends it at once.
/// SIGHUP is ignored, as CoreDNS ignores it, and SIGUSR2, which lets CoreDNS start another program in its place.
struct ServerProcess {
    let corefilePath: String?
    let port: Int
    let isQuiet: Bool
    let processFile: ProcessFile?

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGHUP, SIG_IGN)
        // In CoreDNS it replaces the program by another one; here it is nothing, and must not be the end.
        signal(SIGUSR2, SIG_IGN)
        Self.sayWhyOnFault()
        // HTTP and TCP to upstreams are a side line: one thread will do, whatever the cores.
        NIOSingletons.groupLoopCountSuggestion = 1
        let metrics = MetricsRegistry()
        try metrics.registerProcessMetrics()
        let (memory, files) = (MemoryLimit(), OpenFiles.raiseLimit())
        try ProcessNeeds(files: files, workers: System.coreCount, cores: System.coreCount, memory: memory).check()
        let limits = ResourceLimits(memory: memory, openFiles: files, workers: System.coreCount)
        SocketBudget.limit(to: limits.upstreamSockets)
        SharedThreads.start()
        let server = try Server(
            options: .init(
                corefilePath: corefilePath, defaultPort: port, environment: Self.environment(),
                workers: System.coreCount, plugins: PluginOrder.definitions, limits: limits),
            metrics: metrics)
        server.onTermination { status, reason in
            ConsoleLogHandler.write("[FATAL] \(reason)")
            end(status)
        }
        // Signals are caught from before the start, so that an impatient SIGTERM during a slow start is not lost.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sigusr1, .sigquit)
        let listening = Task { try await obey(signals, server) }
        do {
            try await server.start()
        } catch {
            await server.shutDown()
            throw error
        }
        try processFile?.write()
        announce(server)
        if !isQuiet { Self.serverLogger.info("limits: \(limits)") }
        try await listening.value
    }

    /// Follows the signals; returns when the server has stopped.
    private func obey(_ signals: UnixSignalsSequence, _ server: Server) async throws {
        var stopping: Task<Void, Never>?
        var interrupts = 0
        for await signal in signals {
            switch signal {
            case .sigusr1:
                Self.serverLogger.info("Reloading")
                Task {
                    switch await server.reload(reason: "SIGUSR1") {
                    case .reloaded: Self.serverLogger.info("Reloading complete")
                    case .failed(let reason):
                        Self.serverLogger.error("SIGUSR1: starting with the new Corefile failed: \(reason)")
                    }
                }
            case .sigquit:
                end(0)
            default:
                if signal == .sigint { interrupts += 1 }
                if interrupts > 1 { end(2) }
                if stopping == nil {
                    Self.serverLogger.info("\(signal): Shutting down servers then terminating")
                    stopping = Task {
                        await server.shutDown()
                        end(0)
                    }
                }
            }
        }
        await stopping?.value
    }

    /// Ends the process; a server's number is nobody's any more.
    private func end(_ status: Int32) -> Never {
        processFile?.remove()
        Standard.exit(status)
    }

    /// A fault of the program ends it at once, after one line.
    ///
    /// In place of the handler that Swift's runtime may have set: that one keeps the process, and all its memory, for as long as another
    /// program takes to draw up a report, which an image without that program never has. Who asks for it in the environment has it.
    private static func sayWhyOnFault() {
        let wish = unsafe getenv("SWIFT_BACKTRACE").map { unsafe String(cString: $0) } ?? ""
        guard !wish.contains("enable=yes"), let name = unsafe strdup("needletail \(Version.number)") else { return }
        unsafe cfault_install(name)
    }

    private static let serverLogger = Logger(label: "server")

    private func announce(_ server: Server) {
        guard !isQuiet else { return }
        for block in server.blocks {
            let places = block.boundHosts.isEmpty ? [""] : block.boundHosts.map { " on \($0)" }
            for place in places {
                for zone in block.identity.zones { Standard.output("\(zone):\(block.identity.port)\(place)") }
            }
        }
        Standard.output(Version.text)
    }

    private static func environment() -> [String: String] {
        var result: [String: String] = [:]
        var index = 0
        while let entry = unsafe environ[index] {
            let pair = unsafe String(cString: entry)
            if let equals = pair.firstIndex(of: "=") {
                result[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
            }
            index += 1
        }
        return result
    }
}
