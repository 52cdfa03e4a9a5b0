import AsyncHTTPClient
package import Logging
import NIOCore

/// Follows the objects of one kind: lists them, watches them, and goes on doing so whatever happens.
///
/// Events are told one after the other, each after the one before was taken; a slow consumer slows the stream down.
/// Nothing that happens to the API server takes anything back that was told: after a gap the complete state follows as
/// `ResourceEvent.replaced`.
package struct Reflector<Resource: KubernetesResource>: Sendable {
    /// Takes the events.
    package typealias Consumer = @Sendable (ResourceEvent<Resource>) async -> Void

    let client: KubernetesClient
    let selection: ResourceSelection
    let codec: any ResourceCodec<Resource>
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
    ) where Resource: Decodable {
        self.client = client
        self.selection = selection
        self.settings = settings
        self.logger = logger
        self.consumer = consumer
        codec = JSONCodec<Resource>()
    }

    /// Follows the objects until the task is cancelled.
    package func run() async {
        var run = ReflectorRun(reflector: self)
        await run.run()
    }
}

/// The limits and times of a reflector.
package struct ReflectorSettings: Sendable {
    /// How soon to try again.
    package var retry = RetryPolicy()
    /// How many objects a page of a list has.
    package var pageSize = 500
    /// The largest page of a list, in bytes.
    package var pageLimit = 64 << 20
    /// The largest event of a watch, in bytes.
    package var eventLimit = 16 << 20
    /// How long a watch is asked to last, chosen anew for each.
    ///
    /// Random, so that the watches of a cluster's servers do not all end together.
    package var watchDuration: @Sendable () -> Duration = { .seconds(Int.random(in: 300...600)) }

    /// Creates the default settings.
    package init() {}
}
