import DNSServer
import KubernetesClient

/// The one writer of a cluster's snapshots: takes what is told of objects and publishes the next picture.
///
/// It works on the loop that the events arrive on. What arrives together makes one picture, and pictures follow each other no faster
/// than ``PublicationPace`` allows.
actor ClusterState {
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe ClusterLoop.shared.asUnownedSerialExecutor() }
    nonisolated let publisher: SnapshotPublisher
    private var model: ClusterModel
    private let clock: @Sendable () -> Int64
    private let delays: ProgrammingDelays?
    private let telemetry: ClusterTelemetry?
    private let saver: StateSaver?
    private var isSaveScheduled = false
    private var isFinished = false
    /// The version of the snapshot on disk; nil when none was written.
    private var savedVersion: UInt64?
    /// Whether the API server has told the whole state.
    private var isComplete = false
    private var pace = PublicationPace()
    private var isScheduled = false
    private var scheduledExpiry: Duration?
    private let start = ContinuousClock.now

    /// How much later than it might something goes that was kept for a moment, so that what goes soon afterwards goes with it.
    private static let expiryPause = Duration.milliseconds(50)

    /// Starts without any object.
    ///
    /// - Parameters:
    ///   - delays: where the time from change to answer is counted.
    ///   - telemetry: what is told of events.
    ///   - saver: where the state is kept on disk.
    ///   - clock: nanoseconds since 1970.
    init(
        _ model: ClusterModel, delays: ProgrammingDelays? = nil, telemetry: ClusterTelemetry? = nil,
        saver: StateSaver? = nil,
        clock: @escaping @Sendable () -> Int64 = { WallClock.nanoseconds() }
    ) {
        self.model = model
        self.delays = delays
        self.telemetry = telemetry
        self.saver = saver
        self.clock = clock
        publisher = SnapshotPublisher(model.snapshot)
    }

    /// Takes over the state on disk, if there is one, to answer from until the API server tells otherwise.
    func restore() {
        guard let saver, saver.restore(&model) else { return }
        publish()
    }

    func take(_ event: ResourceEvent<Service>) {
        model.apply(event)
        changed()
    }

    func take(_ event: ResourceEvent<ServiceImport>) {
        model.apply(event)
        changed()
    }

    func take(_ event: ResourceEvent<EndpointSlice>) {
        model.apply(event, now: ContinuousClock.now - start)
        switch event {
        case .added(let slice), .modified(let slice), .deleted(let slice): delays?.note(slice)
        case .listBegan, .listed, .listEnded, .bookmark: break
        }
        changed()
        expireLater()
    }

    func take(_ event: ResourceEvent<Namespace>) {
        model.apply(event)
        changed()
    }

    func take(_ event: ResourceEvent<Pod>) {
        model.apply(event)
        changed()
    }

    private func changed() {
        telemetry?.eventArrived(now: clock())
        publishSoon()
        guard !isComplete, model.isComplete else { return }
        isComplete = true
        // Where all is as it was on disk there is nothing to publish, and yet answers do not come from the file any more.
        saveSoon()
    }

    /// Publishes at once when the state has become known as a whole; else when what arrived together has been taken, and not before the
    /// end of the pause.
    private func publishSoon() {
        guard !model.isComplete || model.snapshot.isSynced else {
            publish()
            return
        }
        guard !isScheduled, model.hasChanges || delays?.hasNotes == true else { return }
        isScheduled = true
        let pause = pace.pause(now: ContinuousClock.now - start, isComplete: model.isComplete)
        ClusterLoop.shared.run(after: pause) { self.assumeIsolated { $0.publish() } }
    }

    /// Publishes what has changed.
    func publish() {
        isScheduled = false
        let began = ContinuousClock.now - start
        if let snapshot = model.commit(serial: UInt32(truncatingIfNeeded: clock() / 1_000_000_000)) {
            publisher.publish(snapshot)
            pace.published(from: began, to: ContinuousClock.now - start)
            saveSoon()
        }
        delays?.observe(model.snapshot, now: clock())
    }

    /// Sees to it that what was only kept for a moment goes when the moment is over.
    private func expireLater() {
        guard scheduledExpiry == nil, let expiry = model.nextExpiry else { return }
        scheduledExpiry = expiry
        let pause = ContinuousClock.now.duration(to: start + expiry) + Self.expiryPause
        ClusterLoop.shared.run(after: max(pause, .nanoseconds(1))) {
            self.assumeIsolated { $0.expire() }
        }
    }

    private func expire() {
        scheduledExpiry = nil
        model.expire(now: ContinuousClock.now - start)
        publishSoon()
        expireLater()
    }
}

extension ClusterState {
    /// Sees to it that the state is kept on disk, not too often.
    private func saveSoon() {
        // What was restored is on disk already, and no better state is known yet.
        guard let saver, !isSaveScheduled, !isFinished, model.isComplete else { return }
        isSaveScheduled = true
        Task {
            await saver.waitUntilDue()
            guard !isFinished else { return }
            await self.save()
        }
    }

    /// Writes the state to disk, where that is asked for and the state is known as a whole.
    private func save() async {
        guard let saver, model.isComplete else { return isSaveScheduled = false }
        // The file is made of what is worked in.
        if model.hasChanges { publish() }
        isSaveScheduled = false
        let version = publisher.version
        if await saver.save(model) { savedVersion = version }
    }

    /// Writes the state for the last time, unless the one on disk is the same; what could not be written before is tried once more.
    ///
    /// Nothing is written afterwards: after a reload the file may be that of another source.
    func finish() async {
        isFinished = true
        if model.hasChanges || savedVersion != publisher.version { await save() }
    }
}

/// The time of day.
enum WallClock {
    /// Nanoseconds since 1970.
    static func nanoseconds() -> Int64 {
        Int64(clamping: SystemClock.wall)
    }
}
