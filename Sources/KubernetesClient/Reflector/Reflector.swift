package import Logging

/// Follows the objects of one kind: lists them, watches them, and goes on doing so whatever happens.
///
/// Events are told one after the other, each after the one before was taken; a slow consumer slows the stream down.
/// Nothing that happens to the API server takes anything back that was told: after a gap the complete state follows, from
/// ``ResourceEvent/listBegan`` to ``ResourceEvent/listEnded(resourceVersion:)``.
package struct Reflector<Resource: KubernetesResource>: Sendable {
    /// Takes the events, on ``ClusterLoop``.
    package typealias Consumer = @Sendable (ResourceEvent<Resource>) -> Void

    let client: KubernetesClient
    let selection: ResourceSelection
    let settings: ReflectorSettings
    let logger: Logger
    let consumer: Consumer

    /// Creates a reflector.
    ///
    /// Nothing is sent until it runs.
    ///
    /// - Parameters:
    ///   - client: the API server to ask. It must outlive the run.
    ///   - selection: which objects.
    ///   - consumer: takes the events.
    package init(
        client: KubernetesClient, selection: ResourceSelection = .all,
        settings: ReflectorSettings = ReflectorSettings(),
        logger: Logger, consumer: @escaping Consumer
    ) {
        self.client = client
        self.selection = selection
        self.settings = settings
        self.logger = logger
        self.consumer = consumer
    }

    /// Follows the objects until the task is cancelled.
    package func run() async {
        await withTaskExecutorPreference(ClusterLoop.shared) { await ReflectorRun(reflector: self).run() }
    }
}
