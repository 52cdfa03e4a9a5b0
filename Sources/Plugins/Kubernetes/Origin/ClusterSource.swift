import Corefile
import DNSServer
import KubernetesClient
import Logging
import Synchronization
import Telemetry

/// A cluster that is followed: where its objects come from, and the state they make up.
///
/// It outlives configurations: a reload whose block names the same cluster in the same way goes on with the state there is.
final class ClusterSource: HandoverResource {
    let scope: Scope
    let state: ClusterState
    private let telemetry: ClusterTelemetry?
    private let saver: StateSaver?
    private let logger: Logger
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(
        _ scope: Scope, delays: ProgrammingDelays?, telemetry: ClusterTelemetry?, saver: StateSaver?, logger: Logger
    ) {
        self.scope = scope
        self.telemetry = telemetry
        self.saver = saver
        self.logger = logger
        state = ClusterState(
            ClusterModel(expecting: scope.resources, form: scope.form), delays: delays, telemetry: telemetry,
            saver: saver)
    }

    /// Whether the cluster's state is known as a whole; once it is, it stays so.
    var isSynced: Bool { state.publisher.snapshot.isSynced }

    /// Begins to follow, unless that has begun.
    ///
    /// - Throws: when a file that the access needs has gone.
    func start() throws(StartError) {
        guard task.withLock({ $0 == nil }) else { return }
        let follow = try makeFollower()
        task.withLock { task in
            task = Task {
                await state.restore()
                await follow()
            }
        }
    }

    func close() async {
        let running = task.withLock { task in
            defer { task = nil }
            return task
        }
        running?.cancel()
        await running?.value
        await state.finish()
        saver?.retire()
        telemetry?.retire()
    }

    private func makeFollower() throws(StartError) -> @Sendable () async -> Void {
        switch scope.origin {
        case .manifests(let path):
            let watch = ManifestWatch(path, state, scope, logger: logger)
            return { await watch.run() }
        case .server(let access):
            do {
                let client = try KubernetesClient(
                    access: access, version: Version.number, observer: telemetry ?? NoObserver(), limits: scope.limits)
                return { [self] in await follow(client) }
            } catch {
                throw StartError("plugin/kubernetes: \(error)")
            }
        }
    }

    private func follow(_ client: KubernetesClient) async {
        let labelled = ResourceSelection(labels: scope.labels?.text)
        let namespaces = ResourceSelection(labels: scope.namespaceLabels?.text)
        let pods = ResourceSelection(labels: scope.labels?.text, fields: Self.livingPods)
        await withDiscardingTaskGroup { group in
            group.addTask { await self.follow(client, labelled) { $0.take($1 as ResourceEvent<Service>) } }
            group.addTask { await self.follow(client, namespaces) { $0.take($1 as ResourceEvent<Namespace>) } }
            if scope.resources.contains(.endpointSlices) {
                group.addTask { await self.follow(client, labelled) { $0.take($1 as ResourceEvent<EndpointSlice>) } }
            }
            if scope.resources.contains(.pods) {
                group.addTask { await self.follow(client, pods) { $0.take($1 as ResourceEvent<Pod>) } }
            }
            if scope.resources.contains(.serviceImports) {
                group.addTask { await self.follow(client, labelled) { $0.take($1 as ResourceEvent<ServiceImport>) } }
            }
        }
        await client.shutdown()
    }

    private func follow<Resource>(
        _ client: KubernetesClient, _ selection: ResourceSelection,
        _ take: @escaping @Sendable (isolated ClusterState, ResourceEvent<Resource>) -> Void
    ) async {
        var settings = ReflectorSettings()
        settings.details = scope.form.details
        let state = state
        // Both work on the loop.
        let reflector = Reflector<Resource>(client: client, selection: selection, settings: settings, logger: logger) {
            event in state.assumeIsolated { take($0, event) }
        }
        await reflector.run()
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
        let scope = try scope(configuration, context, at: place)
        // The hash takes in what files said when they were read, such as a token that has changed.
        let key = "kubernetes/\(scope.hashValue)"
        do throws(MetricError) {
            let delays = try ProgrammingDelays(context.metrics)
            return try context.handover.object(key) { () throws(MetricError) in
                try ClusterSource(scope, delays, context.metrics, logger: logger)
            }
        } catch {
            throw ConfigurationError(.invalidValue, "\(error)", at: place, plugin: "kubernetes")
        }
    }

    private convenience init(
        _ scope: Scope, _ delays: ProgrammingDelays, _ metrics: MetricsRegistry, logger: Logger
    ) throws(MetricError) {
        var telemetry: ClusterTelemetry?
        if case .server(let access) = scope.origin {
            telemetry = try ClusterTelemetry(
                host: access.server.authority, kinds: scope.resources.count, metrics, logger: logger)
        }
        var saver: StateSaver?
        if let path = scope.stateFile {
            saver = try StateSaver(StateFile(path: path, scope: scope.text), metrics, logger: logger)
        }
        self.init(scope, delays: delays, telemetry: telemetry, saver: saver, logger: logger)
    }

    private static func scope(
        _ configuration: KubernetesConfiguration, _ context: PluginContext, at place: Token
    ) throws(ConfigurationError) -> Scope {
        let followsPods = configuration.pods == .verified
        let form = ClusterModel.Form(
            usesPodNames: configuration.usesPodNames, keepsZones: configuration.isZonal,
            keepsImports: !configuration.multiclusterZones.isEmpty,
            keepsPodDetails: followsPods && context.block.pluginNames.contains("metadata"))
        return Scope(
            origin: try origin(configuration, context, at: place), form: form,
            followsEndpoints: !configuration.ignoresEndpoints, followsPods: followsPods, labels: configuration.labels,
            namespaceLabels: configuration.namespaceLabels, limits: configuration.requestLimits.limits,
            stateFile: configuration.stateFile.map { path($0, context) })
    }

    private static func path(_ token: Token, _ context: PluginContext) -> String {
        context.path(of: token.text)
    }

    private static func origin(
        _ configuration: KubernetesConfiguration, _ context: PluginContext, at place: Token
    ) throws(ConfigurationError) -> Origin {
        func path(_ token: Token) -> String { self.path(token, context) }
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
