import Corefile
import DNSServer
import KubernetesClient
import Logging
import Synchronization

/// A cluster that is followed: where its objects come from, and the state they make up.
///
/// It outlives configurations: a reload whose block names the same cluster in the same way goes on with the state there is.
final class ClusterSource: HandoverResource {
    /// Where the objects come from.
    enum Origin: Hashable, Sendable {
        case server(ClusterAccess)
        /// A folder of manifests.
        case manifests(String)
    }

    /// What is followed and how it is kept; all of it decides whether two blocks can share a source.
    struct Scope: Hashable, Sendable {
        var origin: Origin
        var usesPodNames: Bool
        /// Whether the topology zones of endpoints are kept.
        var keepsZones: Bool
        var followsEndpoints: Bool
        var followsPods: Bool
        /// Which services, slices and pods are followed; nil for all.
        var labels: LabelSelector?
        /// Which namespaces are followed; nil for all.
        var namespaceLabels: LabelSelector?

        /// The kinds of objects that make up the state.
        var resources: Set<ClusterModel.Resource> {
            var resources: Set<ClusterModel.Resource> = [.services, .namespaces]
            if followsEndpoints { resources.insert(.endpointSlices) }
            if followsPods { resources.insert(.pods) }
            return resources
        }
    }

    let scope: Scope
    let state: ClusterState
    private let logger: Logger
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(_ scope: Scope, delays: ProgrammingDelays?, logger: Logger) {
        self.scope = scope
        self.logger = logger
        state = ClusterState(
            ClusterModel(
                expecting: scope.resources, usesPodNames: scope.usesPodNames, keepsZones: scope.keepsZones),
            delays: delays)
    }

    /// Whether the cluster's state is known as a whole; once it is, it stays so.
    var isSynced: Bool { state.publisher.snapshot.isSynced }

    /// Begins to follow, unless that has begun.
    ///
    /// - Throws: when a file that the access needs has gone.
    func start() throws(StartError) {
        guard task.withLock({ $0 == nil }) else { return }
        let follow = try makeFollower()
        task.withLock { $0 = Task { await follow() } }
    }

    func close() async {
        let running = task.withLock { task in
            defer { task = nil }
            return task
        }
        running?.cancel()
        await running?.value
    }

    private func makeFollower() throws(StartError) -> @Sendable () async -> Void {
        switch scope.origin {
        case .manifests(let path):
            let watch = ManifestWatch(path, state, scope, logger: logger)
            return { await watch.run() }
        case .server(let access):
            do {
                let client = try KubernetesClient(access: access, version: Version.number)
                return { [self] in await follow(client) }
            } catch {
                throw StartError("plugin/kubernetes: \(error)")
            }
        }
    }

    private func follow(_ client: KubernetesClient) async {
        let (state, logger) = (state, logger)
        let resources = scope.resources
        let labelled = ResourceSelection(labels: scope.labels?.text)
        let namespaces = ResourceSelection(labels: scope.namespaceLabels?.text)
        let pods = ResourceSelection(labels: scope.labels?.text, fields: Self.livingPods)
        await withDiscardingTaskGroup { group in
            group.addTask {
                await Reflector<Service>(client: client, selection: labelled, logger: logger) {
                    await state.take($0)
                }.run()
            }
            group.addTask {
                await Reflector<Namespace>(client: client, selection: namespaces, logger: logger) {
                    await state.take($0)
                }.run()
            }
            if resources.contains(.endpointSlices) {
                group.addTask {
                    await Reflector<EndpointSlice>(client: client, selection: labelled, logger: logger) {
                        await state.take($0)
                    }.run()
                }
            }
            if resources.contains(.pods) {
                group.addTask {
                    await Reflector<Pod>(client: client, selection: pods, logger: logger) {
                        await state.take($0)
                    }.run()
                }
            }
        }
        await client.shutdown()
    }

    /// Pods that have ended give their address back.
    private static let livingPods = "status.phase!=Succeeded,status.phase!=Failed,status.phase!=Unknown"
}

extension ClusterSource {
    /// The source that `configuration` asks for: the running one when the configuration before had the same.
    ///
    /// - Throws: `unreadableFile` or `invalidValue` when there is no access to the cluster.
    static func shared(
        _ configuration: KubernetesConfiguration, _ context: PluginContext, at place: Token, logger: Logger
    ) throws(ConfigurationError) -> ClusterSource {
        for url in configuration.endpoints.dropFirst().prefix(1) {
            logger.warning(
                """
                Multiple endpoints have been deprecated, only the first specified endpoint \
                '\(configuration.endpoints[0].text)' is used (\(url.place))
                """)
        }
        let scope = Scope(
            origin: try origin(configuration, context, at: place), usesPodNames: configuration.usesPodNames,
            keepsZones: configuration.isZonal, followsEndpoints: !configuration.ignoresEndpoints,
            followsPods: configuration.pods == .verified,
            labels: configuration.labels, namespaceLabels: configuration.namespaceLabels)
        let delays: ProgrammingDelays
        do {
            delays = try ProgrammingDelays(context.metrics)
        } catch {
            throw ConfigurationError(.invalidValue, "\(error)", at: place, plugin: "kubernetes")
        }
        // The hash takes in what files said when they were read, such as a token that has changed.
        return context.handover.object("kubernetes/\(scope.hashValue)") {
            ClusterSource(scope, delays: delays, logger: logger)
        }
    }

    private static func origin(
        _ configuration: KubernetesConfiguration, _ context: PluginContext, at place: Token
    ) throws(ConfigurationError) -> Origin {
        func path(_ token: Token) -> String {
            token.text.hasPrefix("/") ? token.text : "\(context.directory)/\(token.text)"
        }
        if let folder = configuration.manifests {
            guard ManifestFolder.isFolder(path(folder)) else {
                throw ConfigurationError(
                    .unreadableFile, "manifests: '\(QuotedText.excerpt(folder.text))' is not a folder that can be read",
                    at: folder, hint: "looked for \(path(folder))", plugin: "kubernetes")
            }
            return .manifests(path(folder))
        }
        let word = configuration.kubeconfig ?? configuration.endpoints.first ?? place
        do throws(ClusterAccessError) {
            if let file = configuration.kubeconfig {
                return .server(try .kubeconfig(path: path(file), context: configuration.context?.text))
            }
            if let url = configuration.endpoints.first {
                let files = configuration.tls.map(path)
                return .server(
                    try .endpoint(
                        url: url.text, certificate: files.first, key: files.dropFirst().first, authority: files.last))
            }
            return .server(try .inCluster(environment: context.environment))
        } catch {
            throw ConfigurationError(
                error.code == .unreadableFile ? .unreadableFile : .invalidValue, "\(error)", at: word,
                hint: error.code == .notInCluster ? inClusterHint : nil, plugin: "kubernetes")
        }
    }

    private static let inClusterHint =
        "outside of a cluster name one with kubeconfig or endpoint, or give a folder of objects with manifests"
}
