import DNSServer
import DNSWire
import KubernetesClient

extension KubernetesPlugin {
    /// A look at the cluster for one worker, of this plugin or another one of the same server block.
    func makeView(for worker: Worker) -> ClusterView {
        ClusterView(source.state.publisher, worker)
    }
}

/// The newest snapshot of a cluster, as one worker sees it.
///
/// It holds a snapshot and compares versions, one atomic load a query; a worker without queries lets go of an old one after a
/// second.
final class ClusterView: TimerTarget {
    private let publisher: SnapshotPublisher
    private var snapshot: ClusterSnapshot {
        didSet { reference = Uncounted(snapshot) }
    }
    private var reference: Uncounted<ClusterSnapshot>
    /// The snapshot's number.
    private(set) var version: UInt64
    private var timer: WorkerTimer?

    /// Units: nanoseconds.
    private static let refreshPause: UInt64 = 1_000_000_000

    fileprivate init(_ publisher: SnapshotPublisher, _ worker: Worker) {
        self.publisher = publisher
        // The version first: a snapshot that comes in between is taken once more.
        version = publisher.version
        snapshot = publisher.snapshot
        reference = Uncounted(snapshot)
        timer = worker.schedule(after: Self.refreshPause, self, token: 0)
    }

    /// The newest snapshot.
    var current: ClusterSnapshot {
        refresh()
        return snapshot
    }

    /// The newest snapshot, kept here until the next look, so that a query need not count it: all workers visit the same one.
    var uncounted: Uncounted<ClusterSnapshot> {
        refresh()
        return reference
    }

    private func refresh() {
        guard publisher.version != version else { return }
        version = publisher.version
        snapshot = publisher.snapshot
    }

    func timerFired(token: UInt64, worker: Worker) {
        refresh()
        timer = worker.schedule(after: Self.refreshPause, self, token: 0)
    }

    /// Ends the view; called on the worker's thread.
    func retire(on worker: Worker) {
        if let timer { worker.cancel(timer) }
        timer = nil
    }
}

extension ClusterSnapshot {
    /// Whether the namespace whose label is `range` of the lower-case `name` has a pod with `address`.
    ///
    /// - Complexity: O(log n).
    func hasPod(at address: ClusterAddress, in name: Span<UInt8>, _ range: Range<Int>) -> Bool {
        podNamespaces.contains(namespaces.slot(of: name, range), for: address)
    }

    /// The services that have `address` from outside of the cluster.
    func externalServices(at address: ClusterAddress) -> [ServiceView] {
        servicesByExternalAddress.slots(of: address).flatMap { services.entries(inSlot: $0) }.filter {
            $0.facts?.externalAddresses.number(of: address) != nil
        }
    }
}

extension ClusterAddress {
    /// Takes the 4 or 16 octets of an address; nil for another number of octets.
    init?(octets: [UInt8]) {
        switch octets.count {
        case 4: self.init(ipv4: octets.span.uint32(at: 0))
        case 16:
            let words = stride(from: 0, to: 16, by: 4).map { UInt64(octets.span.uint32(at: $0)) }
            self.init(high: words[0] << 32 | words[1], low: words[2] << 32 | words[3])
        default: return nil
        }
    }
}
