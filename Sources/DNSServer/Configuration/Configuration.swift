import CDatagram
import Corefile
import DNSWire
import Logging
import Telemetry

/// A Corefile made into server blocks, checked, and ready to be served.
final class Configuration: Sendable {
    let corefile: Corefile
    let blocks: [ServerBlock]
    let handover: Handover
    /// Where it listens.
    let addresses: Set<SocketAddress>

    /// Reads the Corefile and makes every block's plugins.
    ///
    /// - Parameter known: the Corefile where it is not to be read again.
    /// - Throws: the first mistake, with its place.
    init(
        options: Server.Options, metrics: MetricsRegistry, server: Server, after previous: Configuration?,
        of known: Corefile? = nil
    ) throws(ConfigurationError) {
        let corefile = if let known { known } else { try Self.read(options) }
        let handover = Handover(after: previous?.handover)
        var blocks: [ServerBlock] = []
        for source in corefile.blocks {
            for group in Self.groups(of: source) {
                blocks.append(
                    try Self.block(
                        group, source, options,
                        Shared(metrics: metrics, server: server, handover: handover, before: blocks.map(\.identity))))
            }
        }
        self.corefile = corefile
        self.handover = handover
        self.blocks = blocks
        addresses = Set(blocks.flatMap(\.addresses))
    }

    private struct Shared {
        let metrics: MetricsRegistry
        let server: Server
        let handover: Handover
        /// The blocks in front.
        let before: [BlockIdentity]
    }

    private static func read(_ options: Server.Options) throws(ConfigurationError) -> Corefile {
        let corefile: Corefile
        if let path = options.corefilePath {
            corefile = try Corefile.load(
                path: path, environment: options.environment, defaultPort: options.defaultPort,
                plugins: Set(options.plugins.map(\.name)))
        } else {
            corefile = try Corefile.parse(
                text: Corefile.builtInText(port: options.defaultPort), defaultPort: options.defaultPort)
        }
        for warning in corefile.warnings { serverLogger.warning("\(warning)") }
        try corefile.check(served: Set(options.plugins.map(\.name)))
        return corefile
    }

    /// A block's keys by port: each port is served by a chain of its own.
    private static func groups(of source: ServerBlockSource) -> [[ServerKey]] {
        var ports: [Int] = []
        for key in source.keys where !ports.contains(key.port) { ports.append(key.port) }
        return ports.map { port in source.keys.filter { $0.port == port } }
    }

    private static func block(
        _ keys: [ServerKey], _ source: ServerBlockSource, _ options: Server.Options, _ shared: Shared
    ) throws(ConfigurationError) -> ServerBlock {
        for key in keys where key.transport != .dns {
            throw ConfigurationError(
                .unservedDirective, "Needletail does not serve \(key.transport.rawValue):// yet", at: key.token,
                hint: "serve the zone over plain DNS, without '\(key.transport.rawValue)://'")
        }
        let names = try zoneNames(keys)
        let hosts = bindHosts(source)
        var identity = BlockIdentity(
            zones: keys.map(\.zone), zoneNames: names, port: keys[0].port,
            serverLabel: "dns://\(hosts.first ?? ""):\(keys[0].port)",
            pluginNames: Set(source.directives.map(\.name.text)),
            viewName: source.directives(named: "view").first?.arguments.first?.text ?? "")
        identity.twins = shared.before.count { $0.isTwin(of: identity) }
        var context = PluginContext(
            block: identity, metrics: shared.metrics, handover: shared.handover,
            directory: directory(of: options.corefilePath), environment: options.environment,
            server: shared.server, logger: serverLogger)
        var plugins: [any Plugin] = []
        for definition in options.plugins {
            let directives = source.directives(named: definition.name)
            guard !directives.isEmpty else { continue }
            let plugin = try definition.make(directives, context)
            // `root` is the first of all, so that those that name files know of it.
            if let provider = plugin as? any FileFolderProvider { context.directory = provider.folder }
            plugins.append(plugin)
        }
        for plugin in plugins { try plugin.connect(to: PluginSet(plugins)) }
        return ServerBlock(
            identity: identity, plugins: plugins,
            addresses: try listenAddresses(of: plugins, port: keys[0].port, key: keys[0]), place: keys[0].token.place)
    }

    /// Where the Corefile asks for the listening address; nil where none does.
    func place(of address: SocketAddress) -> String? {
        blocks.lazy.filter { $0.addresses.contains(address) }.compactMap(\.place).first
    }

    private static func zoneNames(_ keys: [ServerKey]) throws(ConfigurationError) -> [Name] {
        var names: [Name] = []
        for key in keys where !key.matchesNothing {
            do {
                names.append(try Name(parsing: key.zone))
            } catch {
                throw ConfigurationError(
                    .invalidZone, "'\(key.zone)' is no domain name: \(error)", at: key.token,
                    hint: "labels have 1 to 63 octets, names at most 255")
            }
        }
        return names
    }

    private static func bindHosts(_ source: ServerBlockSource) -> [String] {
        source.directives(named: "bind").flatMap { $0.arguments.map(\.text) }
    }

    private static func directory(of path: String?) -> String {
        guard let path, let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Where a block listens: what `bind` says, else every IPv4 and IPv6 address.
    private static func listenAddresses(
        of plugins: [any Plugin], port: Int, key: ServerKey
    ) throws(ConfigurationError) -> [SocketAddress] {
        let hosts =
            PluginSet(plugins).listenAddresses ?? wildcardHosts()
        var addresses: [SocketAddress] = []
        for host in hosts {
            guard let address = SocketAddress(host, port: UInt16(clamping: port)) else {
                throw ConfigurationError(
                    .invalidValue, "'\(host)' is not an IP address", at: key.token,
                    hint: "bind takes addresses and the names of interfaces")
            }
            if !addresses.contains(address) { addresses.append(address) }
        }
        return addresses
    }

    /// IPv6 is left out where the system has none.
    private static func wildcardHosts() -> [String] {
        guard let any = SocketAddress("::", port: 0) else { return ["0.0.0.0"] }
        return any.canBeBound ? ["0.0.0.0", "::"] : ["0.0.0.0"]
    }

    /// How many of the server's `all` workers receive queries at `address`: the first block that says so counts.
    func workerCount(at address: SocketAddress, of all: Int) -> Int {
        let wanted = blocks.lazy.filter { $0.addresses.contains(address) }.compactMap(\.workerCount).first
        return min(max(1, wanted ?? all), all)
    }

    /// How connections to `address` are treated: of the blocks there that say so the last one counts, for each setting by itself.
    func connectionSettings(at address: SocketAddress) -> ConnectionSettings {
        var settings = ConnectionSettings()
        for block in blocks where block.addresses.contains(address) { settings.apply(block.connectionChanges) }
        return settings
    }

    /// The blocks that answer at `address`, as chains of `worker`.
    func table(for address: SocketAddress, _ worker: Worker) -> BlockTable {
        var zones: [(zone: Name, chain: Chain)] = []
        for block in blocks where block.addresses.contains(address) {
            let chain = block.makeChain(for: worker)
            zones += block.identity.zoneNames.map { ($0, chain) }
        }
        let counting = blocks.lazy.filter { $0.addresses.contains(address) }
            .compactMap { PluginSet($0.plugins).first(of: (any RefusalCountingPlugin).self) }.first
        return BlockTable(zones, refusals: counting?.makeRefusalCounter(for: worker))
    }
}

extension SocketAddress {
    /// Whether a UDP socket can be bound to the address, with a port of the kernel's choice.
    var canBeBound: Bool {
        var raw = self.raw
        let fd = unsafe cdg_udp_listen(&raw, false, false, 0)
        guard fd >= 0 else { return false }
        cdg_close(fd)
        return true
    }
}
