import DNSServer
import KubernetesClient

/// The one writer of a cluster's snapshots: takes what is told of objects and publishes the next picture, at most every two
/// milliseconds.
actor ClusterState {
    nonisolated let publisher: SnapshotPublisher
    private var model: ClusterModel
    private let clock: @Sendable () -> Int64
    private let delays: ProgrammingDelays?
    private var lastPublication: ContinuousClock.Instant?
    private var isScheduled = false

    /// How long changes are gathered before they are published together.
    private static let pause = Duration.milliseconds(2)

    /// Starts without any object.
    ///
    /// - Parameters:
    ///   - delays: where the time from change to answer is counted.
    ///   - clock: nanoseconds since 1970.
    init(
        _ model: ClusterModel, delays: ProgrammingDelays? = nil,
        clock: @escaping @Sendable () -> Int64 = { WallClock.nanoseconds() }
    ) {
        self.model = model
        self.delays = delays
        self.clock = clock
        publisher = SnapshotPublisher(model.snapshot)
    }

    func take(_ event: ResourceEvent<Service>) {
        model.apply(event)
        publishSoon()
    }

    func take(_ event: ResourceEvent<EndpointSlice>) {
        model.apply(event)
        switch event {
        case .added(let slice), .modified(let slice), .deleted(let slice): delays?.note(slice)
        case .replaced, .bookmark: break
        }
        publishSoon()
    }

    func take(_ event: ResourceEvent<Namespace>) {
        model.apply(event)
        publishSoon()
    }

    func take(_ event: ResourceEvent<Pod>) {
        model.apply(event)
        publishSoon()
    }

    /// Publishes at once when it is some time since the last change, else at the end of the pause.
    private func publishSoon() {
        guard !isScheduled, model.hasChanges || delays?.hasNotes == true else { return }
        guard let lastPublication, lastPublication + Self.pause > .now else {
            publish()
            return
        }
        isScheduled = true
        Task {
            try? await Task.sleep(until: lastPublication + Self.pause, clock: .continuous)
            self.publish()
        }
    }

    /// Publishes what has changed.
    func publish() {
        isScheduled = false
        let now = clock()
        if let snapshot = model.commit(serial: UInt32(truncatingIfNeeded: now / 1_000_000_000)) {
            publisher.publish(snapshot)
            lastPublication = .now
        }
        delays?.observe(model.snapshot, now: clock())
    }
}

/// The time of day.
enum WallClock {
    /// Nanoseconds since 1970.
    static func nanoseconds() -> Int64 {
        Int64(clamping: SystemClock.wall)
    }
}
