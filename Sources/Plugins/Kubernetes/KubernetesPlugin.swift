package import Corefile
package import DNSServer
import DNSWire
import KubernetesClient
import Logging
import Synchronization

/// Answers for the services, endpoints and pods of a cluster.
///
/// Source: the Kubernetes DNS-based service discovery specification 1.1.0.
package final class KubernetesPlugin: Plugin {
    package static let definition = PluginDefinition("kubernetes") {
        directives, context throws(ConfigurationError) in
        try KubernetesPlugin(directives, context)
    }

    package let name = "kubernetes"
    let policy: AnswerPolicy
    /// The zones whose unknown names go on to the next plugin.
    let fallthroughZones: [Name]
    let source: ClusterSource
    private let startupTimeout: Duration
    private let server: Server
    private let logger: Logger
    private let addresses = Mutex<[ClusterAddress]>([])
    private let isFirst = Mutex(false)
    /// Where its block listens, literally; nil when it listens everywhere.
    private let listenAddresses = Mutex<[String]?>(nil)

    /// - Throws: the first mistake of the block, or what is wrong with the access to the cluster.
    init(_ directives: [Directive], _ context: PluginContext) throws(ConfigurationError) {
        let configuration = try KubernetesConfiguration.directive.read(
            directives, serverZones: context.block.zones, initial: KubernetesConfiguration())
        let place = directives[0].name
        logger = context.logger(for: "kubernetes")
        policy = try configuration.policy(at: place)
        fallthroughZones = try KubernetesConfiguration.names(configuration.fallthroughZones ?? [], at: place)
        source = try ClusterSource.shared(configuration, context, at: place, logger: logger)
        startupTimeout = configuration.startupTimeout
        server = context.server
    }

    package func connect(to block: PluginSet) throws(ConfigurationError) {
        isFirst.withLock { $0 = block.before(self).allSatisfy(\.leavesQuestionsAlone) }
        listenAddresses.withLock { $0 = block.listenAddresses }
    }

    /// Whether no plugin in front of it answers queries or changes what they ask; known before any handler is made.
    var comesFirst: Bool { isFirst.withLock { $0 } }

    package func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        KubernetesHandler(self, worker)
    }

    package var isReady: Bool? { source.isSynced }

    /// Connects, and waits some time for the cluster's state: a server that comes a little later is better than one that has to
    /// refuse.
    package func start() async throws(StartError) {
        try source.start()
        let start = ContinuousClock.now
        var nextNote = start + .milliseconds(500)
        while !source.isSynced, !server.isShuttingDown {
            let now = ContinuousClock.now
            guard now < start + startupTimeout else {
                logger.warning("starting server with \(source.scope.origin.unsynced)")
                return
            }
            if now >= nextNote {
                logger.info("waiting for \(source.scope.origin.awaited) before starting server")
                nextNote = now + .milliseconds(500)
            }
            try? await Task.sleep(for: .milliseconds(5))
            guard !Task.isCancelled else { return }
        }
    }

    package func didStart() async {
        let found = InterfaceAddresses.reachable(at: listenAddresses.withLock { $0 })
        addresses.withLock { $0 = found }
    }

    /// The addresses that the server is reached at from other machines.
    var localAddresses: [ClusterAddress] { addresses.withLock { $0 } }
}

extension KubernetesConfiguration {
    /// How to answer.
    ///
    /// - Throws: `invalidZone` when all zones are reverse zones or one is no name; `invalidValue` for a namespace that cannot be.
    func policy(at place: Token) throws(ConfigurationError) -> AnswerPolicy {
        let multicluster = try Self.names(multiclusterZones, at: place)
        guard var policy = AnswerPolicy(zones: try Self.names(zones, at: place), multicluster: multicluster) else {
            throw ConfigurationError(
                .invalidZone, "non-reverse zone name must be used", at: place,
                hint: "add the cluster's zone: kubernetes cluster.local …", plugin: "kubernetes")
        }
        policy.ttl = UInt32(clamping: ttl)
        policy.pods = pods
        policy.hidesEmptyServices = hidesEmptyServices
        policy.isZonal = isZonal
        policy.selectsNamespaces = namespaceLabels != nil
        guard !namespaces.isEmpty else { return policy }
        var shown: [ContiguousArray<UInt8>] = []
        for namespace in namespaces {
            guard let label = WireLabel.encode(namespace) else {
                throw ConfigurationError(
                    .invalidValue, "'\(QuotedText.excerpt(namespace))' is no name of a namespace", at: place,
                    hint: "a namespace's name has 1 to 63 characters", plugin: "kubernetes")
            }
            shown.append(label)
        }
        policy.namespaces = shown
        return policy
    }

    static func names(_ zones: [String], at place: Token) throws(ConfigurationError) -> [Name] {
        var names: [Name] = []
        for zone in zones {
            do {
                names.append(try Name(parsing: zone).lowercased)
            } catch {
                throw ConfigurationError(
                    .invalidZone, "'\(QuotedText.excerpt(zone))' is no domain name: \(error)", at: place,
                    plugin: "kubernetes")
            }
        }
        return names
    }
}
