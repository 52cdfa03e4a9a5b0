import KubernetesClient
import Synchronization
import Telemetry

/// The time from a change in the cluster to the answer that shows it:
/// `coredns_kubernetes_dns_programming_duration_seconds`.
///
/// Only slices that say when the change was (an annotation of the slice controller) and whose service is known are counted, and none
/// from a list of the whole state, whose changes are old.
final class ProgrammingDelays: Sendable {
    private struct Note {
        let service: ContiguousArray<UInt8>
        let changed: Int64
    }

    private let notes = Mutex<[Note]>([])
    private let clusterIP: Histogram
    private let headless: Histogram
    private let shard: MetricShard

    /// - Throws: when the name is taken by a metric of another form.
    init(_ metrics: MetricsRegistry) throws(MetricError) {
        func histogram(_ kind: String) throws(MetricError) -> Histogram {
            try metrics.histogram(
                "coredns_kubernetes_dns_programming_duration_seconds",
                help: "Histogram of the time (in seconds) it took to program a dns instance.",
                labels: [("service_kind", kind)], buckets: .programming)
        }
        clusterIP = try histogram("cluster_ip")
        headless = try histogram("headless_with_selector")
        shard = metrics.shared
    }

    /// Whether a change waits to be counted.
    var hasNotes: Bool { notes.withLock { !$0.isEmpty } }

    /// A slice has changed; it will be counted when the change can be seen.
    func note(_ slice: EndpointSlice) {
        guard let changed = slice.lastChangeTriggerTime,
            let service = WireLabel.encode(slice.serviceName, slice.metadata.namespace)
        else { return }
        notes.withLock { $0.append(Note(service: service, changed: changed)) }
    }

    /// The changes noted can be seen now, in `snapshot`.
    func observe(_ snapshot: ClusterSnapshot, now: Int64) {
        let noted = notes.withLock { notes in
            defer { notes.removeAll() }
            return notes
        }
        for note in noted {
            let delay = now.subtractingReportingOverflow(note.changed)
            guard !delay.overflow, let facts = snapshot.services.find(note.service)?.facts else { continue }
            let histogram = facts.kind == .headless ? headless : clusterIP
            histogram.observe(UInt64(max(0, delay.partialValue)), in: shard)
        }
    }
}
