import Corefile
package import DNSServer
import DNSWire

/// Finds out whether queries that the server forwards come back to it, and ends the process if they do.
package final class LoopPlugin: Plugin {
    package let name = "loop"

    /// Reads `loop` of a server block.
    package static let definition = PluginDefinition("loop") { directives, context throws(ConfigurationError) in
        _ = try LoopConfiguration.directive.read(
            directives, serverZones: context.block.zones, initial: LoopConfiguration())
        guard let zone = context.block.zoneNames.first, let detector = LoopDetector(below: zone) else {
            throw ConfigurationError(
                .invalidZone, "the zone's name is too long to ask for names below it", at: directives[0].name,
                plugin: "loop")
        }
        return LoopPlugin(detector, context)
    }

    let detector: LoopDetector
    private let block: BlockIdentity
    private let server: Server

    init(_ detector: LoopDetector, _ context: PluginContext) {
        self.detector = detector
        block = context.block
        server = context.server
    }

    package func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        detector.hasEnded ? nil : LoopHandler(self)
    }

    package func didStart() async {
        guard let worker = server.workers.first, let address = probeAddress else { return detector.end() }
        let probe = LoopProbe(detector, address)
        worker.execute { probe.begin(on: $0) }
    }

    package func stop() async {
        detector.end()
    }

    /// Where the block listens first, literally; nil when it listens everywhere.
    private var listenHost: String? {
        let own = server.blocks.first { block in block.plugins.contains { $0 === self } }
        return own?.plugins.lazy.compactMap { $0 as? any ListenAddressProvider }.first?.listenAddresses.first
    }

    private var probeAddress: SocketAddress? {
        let port = UInt16(clamping: block.port)
        guard let host = listenHost, let address = SocketAddress(host, port: port) else {
            return SocketAddress("127.0.0.1", port: port)
        }
        guard address.isWildcard else { return address }
        return SocketAddress(address.isIPv4 ? "127.0.0.1" : "::1", port: port)
    }

    /// Says in CoreDNS's words what was found and ends the process with status 1.
    func report(from client: SocketAddress) {
        let line = Self.line(
            from: client.description, to: "\(HostPort(host: listenHost ?? "", port: block.port))",
            zone: block.zones.first ?? ".", name: detector.name.text)
        server.terminate(status: 1, reason: "plugin/loop: \(line)")
    }

    /// The line that tools and people look for.
    static func line(from client: String, to address: String, zone: String, name: String) -> String {
        "Loop (\(client) -> \(address)) detected for zone \"\(zone)\", "
            + "see https://coredns.io/plugins/loop#troubleshooting. Query: \"HINFO \(name)\""
    }
}
