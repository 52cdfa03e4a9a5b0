import CDatagram
import Corefile
import DNSWire
import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization
package import Telemetry

let serverLogger = Logger(label: "server")

/// The DNS server of a process: workers, listeners, and the configuration that they serve.
///
/// One thing happens after the other: a start, reloads, the shutdown.
package actor Server {
    /// How a server is started; the command line's part of the configuration.
    package struct Options: Sendable {
        /// The Corefile's path; nil for the built-in default.
        package var corefilePath: String?
        /// The port of keys that name none.
        package var defaultPort = 53
        package var environment: [String: String]
        /// How many workers; at least 1.
        package var workers: Int
        /// The plugins that are served, in chain order.
        package var plugins: [PluginDefinition]
        /// The most that may pile up.
        package var limits: ResourceLimits
        /// Whether lines for debugging are written.
        package var debug: DebugSwitch

        package init(
            corefilePath: String?, defaultPort: Int = 53, environment: [String: String], workers: Int,
            plugins: [PluginDefinition], limits: ResourceLimits = ResourceLimits(), debug: DebugSwitch = .process
        ) {
            self.corefilePath = corefilePath
            self.defaultPort = defaultPort
            self.environment = environment
            self.workers = workers
            self.plugins = plugins
            self.limits = limits
            self.debug = debug
        }
    }

    /// What a reload came to.
    package enum ReloadResult: Sendable {
        /// The new configuration serves.
        case reloaded
        /// The one that was running goes on.
        case failed(String)
    }

    package nonisolated let options: Options
    package nonisolated let metrics: MetricsRegistry
    package nonisolated let workers: [Worker]
    /// What its parts share of the limits.
    package nonisolated let resources: ServerResources
    package nonisolated var corefilePath: String? { options.corefilePath }
    private nonisolated let published = Mutex(Published())
    private nonisolated let termination = Mutex<(@Sendable (Int32, String) -> Void)?>(nil)
    /// One event loop for all connections: ``TCPConnections`` has no lock.
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private var listeners: [SocketAddress: Listener] = [:]
    private var nextListener = 0
    private var current: Configuration?
    /// The reload that has not begun yet.
    private var nextReload: Task<ReloadResult, Never>?
    private var lastChange: Task<Void, Never>?

    private struct Published {
        var blocks: [ServerBlock] = []
        var isShuttingDown = false
    }

    /// A listening address in use.
    private struct Listener {
        let id: Int
        let tcp: TCPListener
        /// How many workers receive queries here; the first ones.
        var workerCount: Int
    }

    /// Makes the workers; nothing is opened yet.
    ///
    /// - Throws: a ``StartError``.
    package init(options: Options, metrics: MetricsRegistry) throws(StartError) {
        self.options = options
        self.metrics = metrics
        do {
            let counters = try ServerCounters(metrics)
            let waitingOctets = options.limits.waitingOctets(workers: options.workers)
            let backgroundLimit = options.limits.backgroundQueries(workers: options.workers)
            workers = try (0..<max(1, options.workers)).map {
                try Worker(
                    index: $0, shard: metrics.makeShard(), counters: counters, waitingOctets: waitingOctets,
                    backgroundLimit: backgroundLimit, debug: options.debug)
            }
            resources = try ServerResources(options.limits, workers, metrics)
        } catch {
            throw StartError("\(error)")
        }
    }

    // MARK: For plugins

    /// The blocks that serve now.
    package nonisolated var blocks: [ServerBlock] { published.withLock { $0.blocks } }

    /// Whether the process is about to end.
    package nonisolated var isShuttingDown: Bool { published.withLock { $0.isShuttingDown } }

    /// Whether lines for debugging are written.
    package nonisolated var debug: DebugSwitch { options.debug }

    /// The names of the plugins that are not ready, sorted; empty when the server is ready.
    package nonisolated func readiness() -> [String] {
        let names = blocks.flatMap { $0.plugins.filter { $0.isReady == false }.map(\.name) }
        return Set(names).sorted()
    }

    /// Ends the process with `status` after saying why; for a plugin that finds that going on would do harm.
    package nonisolated func terminate(status: Int32, reason: String) {
        termination.withLock { $0 }?(status, reason)
    }

    /// Sets what ``terminate(status:reason:)`` calls.
    package nonisolated func onTermination(_ body: @escaping @Sendable (Int32, String) -> Void) {
        termination.withLock { $0 = body }
    }

    // MARK: Life

    /// Reads the Corefile, starts the workers and serves.
    ///
    /// - Throws: a ``ConfigurationError`` or a ``StartError``.
    package func start() async throws {
        try await change { await self.performStart() }.get()
    }

    private func performStart() async -> Result<Void, any Error> {
        guard !isShuttingDown else { return .success(()) }
        do {
            let configuration = try build(after: nil)
            for worker in workers { try worker.start() }
            try await serve(configuration)
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    /// Reads the Corefile again and, if it is right, serves what it says; else all stays as it is.
    ///
    /// Whoever asks while another reload is still waiting for its turn gets the result of that one, which will read what stands there now.
    package func reload(reason: String) async -> ReloadResult {
        if let nextReload { return await nextReload.value }
        let task = Task { await change { await self.performReload(reason) } }
        nextReload = task
        return await task.value
    }

    /// Makes the configuration that serves anew from the Corefile as it was read, since something around it has changed; when that
    /// fails, all stays as it is.
    package func refresh() async -> ReloadResult {
        await change { await self.performRefresh() }
    }

    private func performRefresh() async -> ReloadResult {
        guard let current, !isShuttingDown else { return .failed("the server is shutting down") }
        do {
            let configuration = try Configuration(
                options: options, metrics: metrics, server: self, after: current, of: current.corefile)
            try await serve(configuration)
            return .reloaded
        } catch {
            return .failed("\(error)")
        }
    }

    private func performReload(_ reason: String) async -> ReloadResult {
        nextReload = nil
        guard !isShuttingDown else { return .failed("the server is shutting down") }
        do {
            let configuration = try build(after: current)
            try await serve(configuration)
            return .reloaded
        } catch {
            return .failed("\(error)")
        }
    }

    /// Stops: plugins are told (`health` waits for its lameduck time), then what has arrived is answered, then all is closed.
    ///
    /// A start or reload that is under way comes to its end first; a plugin that waits for something in it looks at
    /// ``isShuttingDown``.
    package func shutDown() async {
        let isFirst = published.withLock { state in
            defer { state.isShuttingDown = true }
            return !state.isShuttingDown
        }
        guard isFirst else { return }
        await change { await self.performShutDown() }
    }

    private func performShutDown() async {
        let plugins = current?.blocks.flatMap(\.plugins) ?? []
        for plugin in plugins { await plugin.willShutDown() }
        var retired: [RetiredTable] = []
        for address in Array(listeners.keys) { retired += await close(address) }
        // Nobody will ask for what the server asks in the background.
        await drain(retired) { $0.isAnswered }
        for plugin in plugins { await plugin.stop() }
        if let current { await closeResources(current.handover.abandoned(by: nil)) }
        current = nil
        for worker in workers { worker.execute { $0.stop() } }
        try? await group.shutdownGracefully()
    }

    /// Runs changes one after the other: an actor alone would let them interleave.
    private func change<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) async -> Result {
        let before = lastChange
        let task = Task<Result, Never> {
            await before?.value
            return await body()
        }
        lastChange = Task { _ = await task.value }
        return await task.value
    }

    // MARK: Configurations

    private func build(after previous: Configuration?) throws(ConfigurationError) -> Configuration {
        try Configuration(options: options, metrics: metrics, server: self, after: previous)
    }

    /// Starts `configuration`'s plugins, opens what sockets it needs, and hands over.
    private func serve(_ configuration: Configuration) async throws(StartError) {
        var started: [any Plugin] = []
        var opened: [SocketAddress: OpenedSockets] = [:]
        do throws(StartError) {
            for plugin in configuration.blocks.flatMap(\.plugins) {
                try await plugin.start()
                started.append(plugin)
            }
            for address in configuration.addresses {
                let workerCount = configuration.workerCount(at: address, of: workers.count)
                guard workerCount > listeners[address]?.workerCount ?? 0 else { continue }
                opened[address] = try OpenedSockets(
                    address, workers: (listeners[address]?.workerCount ?? 0)..<workerCount,
                    place: configuration.place(of: address),
                    receiveBuffer: options.limits.receiveBuffer(workers: workers.count))
            }
        } catch {
            for sockets in opened.values { sockets.close() }
            for plugin in started { await plugin.stop() }
            await closeResources(configuration.handover.abandoned(by: current?.handover))
            throw error
        }
        await install(configuration, opened)
    }

    private func install(_ configuration: Configuration, _ opened: [SocketAddress: OpenedSockets]) async {
        let former = current
        current = configuration
        published.withLock { $0.blocks = configuration.blocks }
        var retired: [RetiredTable] = []
        for address in configuration.addresses {
            retired += await listen(address, configuration, opened[address])
        }
        for address in Array(listeners.keys) where !configuration.addresses.contains(address) {
            retired += await close(address)
        }
        for plugin in configuration.blocks.flatMap(\.plugins) { await plugin.didStart() }
        guard let former else { return }
        await drain(retired) { $0.isIdle }
        for plugin in former.blocks.flatMap(\.plugins) { await plugin.stop() }
        await closeResources(former.handover.abandoned(by: configuration.handover))
    }

    /// Serves `configuration` at `address` in every worker; those that shall not receive queries there have no socket.
    private func listen(
        _ address: SocketAddress, _ configuration: Configuration, _ opened: OpenedSockets?
    ) async -> [RetiredTable] {
        let id = listeners[address]?.id ?? nextListener
        let workerCount = configuration.workerCount(at: address, of: workers.count)
        let leaving = workerCount..<max(workerCount, listeners[address]?.workerCount ?? 0)
        var retired: [RetiredTable] = []
        for worker in workers {
            let fd = opened?.udp[worker.index]
            let isLeaving = leaving.contains(worker.index)
            let table = await onThread(of: worker) { worker in
                // Its connections go on, and so it has the new table as well.
                let closed = isLeaving ? worker.close(listener: id) : nil
                let table = configuration.table(for: address, worker)
                let former = worker.install(table, listener: id, address: address, fd: fd)
                return (closed ?? former).map { RetiredTable($0, worker, listener: isLeaving ? id : nil) }
            }
            if let table { retired.append(table) }
        }
        let terms = TCPListener.Terms(
            workers: workers.prefix(workerCount), settings: configuration.connectionSettings(at: address))
        listeners[address]?.workerCount = workerCount
        listeners[address]?.tcp.use(terms)
        guard let opened, listeners[address] == nil else { return retired }
        nextListener += 1
        let tcp = TCPListener(address: address, id: id, terms: terms, resources: resources)
        listeners[address] = Listener(id: id, tcp: tcp, workerCount: workerCount)
        do {
            try await tcp.start(fd: opened.tcp, group: group)
        } catch {
            serverLogger.error("listening on tcp \(address): \(error)")
        }
        return retired
    }

    private func close(_ address: SocketAddress) async -> [RetiredTable] {
        guard let listener = listeners.removeValue(forKey: address) else { return [] }
        await listener.tcp.stop()
        var retired: [RetiredTable] = []
        for worker in workers {
            let table = await onThread(of: worker) { worker in
                worker.close(listener: listener.id).map { RetiredTable($0, worker, listener: listener.id) }
            }
            if let table { retired.append(table) }
        }
        return retired
    }

    private func closeResources(_ resources: [any AnyObject & Sendable]) async {
        for resource in resources {
            if let resource = resource as? any HandoverResource { await resource.close() }
        }
    }

    func onThread<Result: Sendable>(
        of worker: Worker, _ body: @escaping @Sendable (Worker) -> Result
    ) async -> Result {
        await withCheckedContinuation { continuation in
            worker.execute { worker in continuation.resume(returning: body(worker)) }
        }
    }
}

/// The sockets of one listening address, opened and not yet served.
struct OpenedSockets: Sendable {
    /// By the worker's number.
    var udp: [Int: Int32] = [:]
    /// -1 where the address is served already.
    var tcp: Int32 = -1
    private static let backlog: Int32 = 1_024

    /// Opens all of them, or none; TCP unless some workers, those before `workers`, receive queries there already.
    ///
    /// - Parameter place: where the Corefile asks for the address.
    /// - Throws: that place, the address and what the system says of it.
    init(
        _ address: SocketAddress, workers: Range<Int>, place: String?, receiveBuffer: Int
    ) throws(StartError) {
        var raw = address.raw
        if workers.lowerBound == 0 {
            // TCP first: without SO_REUSEPORT it finds out whether another server has the port.
            tcp = unsafe cdg_tcp_listen(&raw, false, Self.backlog)
            guard tcp >= 0 else { throw Self.failure("tcp", address, place, -tcp) }
        }
        for worker in workers {
            let fd = unsafe cdg_udp_listen(&raw, true, false, Int32(clamping: receiveBuffer))
            guard fd >= 0 else {
                close()
                throw Self.failure("udp", address, place, -fd)
            }
            udp[worker] = fd
        }
    }

    func close() {
        for fd in udp.values { cdg_close(fd) }
        if tcp >= 0 { cdg_close(tcp) }
    }

    private static func failure(
        _ transport: String, _ address: SocketAddress, _ place: String?, _ code: Int32
    ) -> StartError {
        let hint =
            switch code {
            case EADDRINUSE: "; another server has the port: stop it, or choose another port or address"
            case EACCES: "; ports below 1024 need root or the capability CAP_NET_BIND_SERVICE"
            case EADDRNOTAVAIL: "; no interface has this address"
            default: ""
            }
        // The words of Go, which people look for in logs.
        let reason = unsafe String(cString: strerror(code)).lowercased()
        return StartError("\(place.map { "\($0): " } ?? "")listen \(transport) \(address): bind: \(reason)\(hint)")
    }
}
