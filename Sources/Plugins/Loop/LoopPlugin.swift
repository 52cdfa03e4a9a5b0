package import Corefile
package import DNSServer
import DNSWire
import Logging
import Synchronization
import Telemetry

/// Finds out whether queries that the server forwards come back to it, and ends the process, or refuses them, if they go on doing so.
///
/// It ends the process when this host sends them, and refuses them when another one does.
package final class LoopPlugin: Plugin {
    package let name = "loop"

    /// Reads `loop` of a server block.
    package static let definition = definition(LoopWatch.Times())

    /// The same with other times.
    ///
    /// - Parameter isOwn: whether this host sends from an address.
    static func definition(
        _ times: LoopWatch.Times, isOwn: @escaping @Sendable (SocketAddress) -> Bool = OwnHost.sends
    ) -> PluginDefinition {
        PluginDefinition("loop") { directives, context throws(ConfigurationError) in
            _ = try LoopConfiguration.directive.read(
                directives, serverZones: context.block.zones, initial: LoopConfiguration())
            guard let zone = context.block.zoneNames.first, let detector = LoopDetector(below: zone) else {
                throw ConfigurationError(
                    .invalidZone, "the zone's name is too long to ask for names below it", at: directives[0].name,
                    plugin: "loop")
            }
            do {
                return try LoopPlugin(detector, times, isOwn, context)
            } catch {
                throw ConfigurationError(.invalidValue, "\(error)", at: directives[0].name, plugin: "loop")
            }
        }
    }

    let detector: LoopDetector
    private let times: LoopWatch.Times
    private let isOwn: @Sendable (SocketAddress) -> Bool
    private let detected: Gauge
    private let block: BlockIdentity
    private let server: Server
    private let logger: Logger
    private let probe = Mutex<LoopProbe?>(nil)
    private let listenAddresses = Mutex<[String]?>(nil)

    /// - Throws: when another metric has the name.
    init(
        _ detector: LoopDetector, _ times: LoopWatch.Times, _ isOwn: @escaping @Sendable (SocketAddress) -> Bool,
        _ context: PluginContext
    ) throws(MetricError) {
        self.detector = detector
        self.times = times
        self.isOwn = isOwn
        detected = try context.metrics.gauge(
            "needletail_loop_detected", help: "Whether queries for the zone come back from another host.",
            labels: [("zone", context.block.zones.first ?? ".")])
        block = context.block
        server = context.server
        logger = context.logger(for: "loop")
    }

    package func connect(to block: PluginSet) throws(ConfigurationError) {
        listenAddresses.withLock { $0 = block.listenAddresses }
    }

    package func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        detector.hasEnded ? nil : LoopHandler(self)
    }

    package func didStart() async {
        guard let worker = server.workers.first, let address = probeAddress else { return detector.end() }
        detected.set(0)
        let probe = LoopProbe(detector, address, LoopWatch(times), logger, isOwn: isOwn) { [weak self] in
            self?.report($0, $1)
        }
        self.probe.withLock { $0 = probe }
        worker.execute { probe.begin(on: $0) }
    }

    package func stop() async {
        detector.end()
        probe.withLock { $0 = nil }
    }

    /// The question of `round` has come back, as a query of `sender`'s.
    ///
    /// Called in any worker.
    func tell(_ round: Int, seenFrom sender: SocketAddress) {
        guard let probe = probe.withLock({ $0 }) else { return }
        server.workers.first?.execute { probe.seen(round, from: sender, on: $0) }
    }

    // MARK: Where it listens

    /// Where the block listens first, literally; nil when it listens everywhere.
    private var listenHost: String? {
        listenAddresses.withLock { $0 }?.first
    }

    private var probeAddress: SocketAddress? {
        let port = UInt16(clamping: block.port)
        guard let host = listenHost, let address = SocketAddress(host, port: port) else {
            return SocketAddress("127.0.0.1", port: port)
        }
        guard address.isWildcard else { return address }
        return SocketAddress(address.isIPv4 ? "127.0.0.1" : "::1", port: port)
    }

    // MARK: What is said

    private func report(_ report: LoopProbe.Report, _ sender: SocketAddress) {
        let (zone, listener) = (block.zones.first ?? ".", "\(HostPort(host: listenHost ?? "", port: block.port))")
        switch report {
        case .suspected:
            logger.warning(
                """
                Loop (\(sender) -> \(listener)) seen for zone "\(zone)": queries that come back are dropped, \
                and the process ends if it lasts
                """)
        case .gone:
            detected.set(0)
            logger.info("No loop any more for zone \"\(zone)\"")
        case .undecided: logger.warning("Loop for zone \"\(zone)\" comes and goes: it is not watched any more")
        case .contained:
            detected.set(1)
            logger.error("\(line(sender)). Another host sends it: queries that come back from there get SERVFAIL")
        case .lasting: server.terminate(status: 1, reason: "plugin/loop: \(line(sender))")
        }
    }

    private func line(_ sender: SocketAddress) -> String {
        let listener = HostPort(host: listenHost ?? "", port: block.port)
        return Self.line(
            from: "\(sender)", to: "\(listener)", zone: block.zones.first ?? ".",
            name: detector.currentName?.text ?? "")
    }

    /// The line that tools and people look for, in CoreDNS's words.
    static func line(from client: String, to address: String, zone: String, name: String) -> String {
        "Loop (\(client) -> \(address)) detected for zone \"\(zone)\", "
            + "see https://coredns.io/plugins/loop#troubleshooting. Query: \"HINFO \(name)\""
    }
}
