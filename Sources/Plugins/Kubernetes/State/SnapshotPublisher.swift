import Synchronization

/// Where the newest snapshot is to be had.
///
/// A reader keeps the snapshot it took and compares the version, one atomic load, to see whether there is a newer one.
final class SnapshotPublisher: Sendable {
    private let current: Mutex<ClusterSnapshot>
    private let count = Atomic<UInt64>(0)

    init(_ snapshot: ClusterSnapshot = ClusterSnapshot()) {
        current = Mutex(snapshot)
    }

    /// Changes with every snapshot.
    var version: UInt64 { count.load(ordering: .acquiring) }

    /// The newest snapshot.
    var snapshot: ClusterSnapshot { current.withLock { $0 } }

    /// Makes `snapshot` the newest.
    func publish(_ snapshot: ClusterSnapshot) {
        let former = current.withLock { current in
            let former = current
            current = snapshot
            return former
        }
        count.add(1, ordering: .releasing)
        // What only the former snapshot had is freed here, outside of the lock.
        withExtendedLifetime(former) {}
    }
}
