package import Corefile
package import DNSWire
package import Logging
package import Telemetry

/// One directive of one server block, configured: what all workers share.
///
/// Made when a configuration is built, started when it is about to serve, stopped when it no longer does. Nothing may happen
/// before ``start()``, since a configuration can still turn out to be wrong and be thrown away.
package protocol Plugin: AnyObject, Sendable {
    /// The directive's name.
    var name: String { get }

    /// The plugin's part in `worker`'s chain, or nil when it only configures (`bind`, `reload`, …).
    func makeHandler(for worker: Worker) -> (any QueryHandler)?

    /// Whether a block with nothing but this plugin fails queries and does not refuse them: without a handler here, it has one in CoreDNS.
    var isPartOfChain: Bool { get }

    /// Whether the server may be called ready; nil when the plugin has no opinion.
    var isReady: Bool? { get }

    /// Whether it has something to say to queries of classes other than IN, so that they are let in to the block.
    ///
    /// Other plugins of the block get to see them as well, and answer or pass on by the class of their data.
    var acceptsAllClasses: Bool { get }

    /// Whether every query that comes to it goes on to the next plugin, as it was asked, or is given what that one has said: so that the
    /// plugins behind it may answer for another name as if it had been asked for.
    var leavesQuestionsAlone: Bool { get }

    /// Whether what it answers is known here, and not asked of others: a cache keeps it for no longer than the configuration.
    var answersAreLocal: Bool { get }

    /// Is told of all plugins of its server block, itself included, once all are made.
    ///
    /// - Throws: when one is missing that this one works with.
    func connect(to block: PluginSet) throws(ConfigurationError)

    /// Begins to work: opens, connects, loads. The configuration serves when all have returned.
    ///
    /// - Throws: a ``StartError``; the configuration is then given up.
    func start() async throws(StartError)

    /// Is told that the configuration now serves.
    func didStart() async

    /// The process is about to end: what should be said or drained first. Queries are still answered.
    func willShutDown() async

    /// Ends what ``start()`` began. No handler is called any more.
    func stop() async
}

extension Plugin {
    package func makeHandler(for worker: Worker) -> (any QueryHandler)? { nil }
    package var isPartOfChain: Bool { false }
    package var isReady: Bool? { nil }
    package var acceptsAllClasses: Bool { false }
    package var leavesQuestionsAlone: Bool { false }
    package var answersAreLocal: Bool { true }
    package func connect(to block: PluginSet) throws(ConfigurationError) {}
    package func start() async throws(StartError) {}
    package func didStart() async {}
    package func willShutDown() async {}
    package func stop() async {}
}

/// A plugin that counts the queries that no block of its address serves: `prometheus`.
package protocol RefusalCountingPlugin {
    func makeRefusalCounter(for worker: Worker) -> any RefusalCounter
}

/// Counts refused queries of one worker.
package protocol RefusalCounter: AnyObject {
    /// Counts `query`, whose reply is made but for its OPT record.
    func count(_ query: Query)
}

/// Why a configuration that was read without error cannot serve.
package struct StartError: Error, CustomStringConvertible, Sendable {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// How a directive becomes a plugin: one entry of the fixed chain order.
package struct PluginDefinition: Sendable {
    package let name: String
    /// Reads all occurrences of the directive in one server block.
    package let make: @Sendable ([Directive], PluginContext) throws(ConfigurationError) -> any Plugin

    package init(
        _ name: String,
        make: @escaping @Sendable ([Directive], PluginContext) throws(ConfigurationError) -> any Plugin
    ) {
        self.name = name
        self.make = make
    }
}

/// What a plugin is told when it is made.
package struct PluginContext: Sendable {
    /// The block it stands in.
    package let block: BlockIdentity
    /// The process's metrics.
    package let metrics: MetricsRegistry
    /// State that outlives a configuration: caches, cluster state, HTTP endpoints.
    package let handover: Handover
    /// The folder that relative file names start from: see ``path(of:)``.
    package internal(set) var directory: String
    package let environment: [String: String]
    /// The running server, for what concerns the process: reload, shutdown, readiness, looping queries.
    package let server: Server
    package let logger: Logger

    /// A logger whose lines start with `plugin/NAME: `.
    package func logger(for plugin: String) -> Logger {
        Logger(label: "plugin/\(plugin)")
    }
}

/// What identifies a server block to plugins, in metrics and in logs.
package struct BlockIdentity: Sendable {
    /// The zones as in the Corefile: lower case, with a final dot.
    package let zones: [String]
    /// The zones in wire form.
    package let zoneNames: [Name]
    package let port: Int
    /// The `server` label of metrics: `dns://:53`.
    package let serverLabel: String
    /// The plugins it has.
    package let pluginNames: Set<String>
    /// The `view` label of metrics: the name of the block's view; empty when it has none.
    package let viewName: String
    /// How many blocks in front of it differ from it in nothing that is named here.
    package internal(set) var twins = 0

    package init(
        zones: [String], zoneNames: [Name], port: Int, serverLabel: String, pluginNames: Set<String> = [],
        viewName: String = ""
    ) {
        self.zones = zones
        self.zoneNames = zoneNames
        self.port = port
        self.serverLabel = serverLabel
        self.pluginNames = pluginNames
        self.viewName = viewName
    }

    /// What tells it from all other blocks of a configuration, and is the same after a reload: address, first zone, view.
    package var key: String {
        let view = viewName.isEmpty ? "" : " view \(viewName)"
        return "\(serverLabel) \(zones.first ?? "")\(view)" + (twins > 0 ? " #\(twins)" : "")
    }

    func isTwin(of other: BlockIdentity) -> Bool {
        serverLabel == other.serverLabel && zones.first == other.zones.first && viewName == other.viewName
    }
}
