import KubernetesClient

/// Endpoints that have left a slice, kept for a moment: the controller moves endpoints between the slices of a large service with
/// one write a slice, and may take them out of the one before it puts them into the other.
///
/// Only services with several slices of a family are concerned, and only endpoints that were taken out without a word: one that is
/// said not to be ready is gone at once.
struct LingeringEndpoints: Sendable {
    private struct Entry {
        let expiry: Duration
        let record: SliceRecord
    }

    /// How long an endpoint stays: several writes of a controller to a busy API server.
    static let time = Duration.seconds(1)

    /// In the order of their expiries.
    private var entries: [Entry] = []
    /// How many entries each service has, where it has any: most services have none, and that has to be seen at once.
    private var counts: [ContiguousArray<UInt8>: Int] = [:]

    /// When the next endpoints have stayed long enough.
    var nextExpiry: Duration? { entries.first?.expiry }

    /// Whether endpoints of a service linger.
    func has(_ service: ContiguousArray<UInt8>) -> Bool { !counts.isEmpty && counts[service] != nil }

    func contains(_ record: SliceRecord) -> Bool {
        entries.contains { $0.record === record }
    }

    mutating func add(_ record: SliceRecord, now: Duration) {
        entries.append(Entry(expiry: now + Self.time, record: record))
        counts[record.service, default: 0] += 1
    }

    private mutating func forget(_ record: SliceRecord) {
        guard let count = counts[record.service] else { return }
        counts[record.service] = count > 1 ? count - 1 : nil
    }

    /// Takes out the endpoints that have stayed long enough.
    mutating func expire(now: Duration) -> [SliceRecord] {
        let expired = entries.prefix { $0.expiry <= now }.map(\.record)
        entries.removeFirst(expired.count)
        for record in expired { forget(record) }
        return expired
    }

    /// Takes out all endpoints of a service.
    mutating func drop(_ service: ContiguousArray<UInt8>) -> [SliceRecord] {
        guard counts.removeValue(forKey: service) != nil else { return [] }
        defer { entries.removeAll { $0.record.service == service } }
        return entries.filter { $0.record.service == service }.map(\.record)
    }

    /// Takes out the endpoints of a service with `addresses`.
    ///
    /// - Returns: the records that are no longer valid, and those in their place.
    mutating func drop(
        _ addresses: Set<ClusterAddress>, of service: ContiguousArray<UInt8>
    ) -> (removed: [SliceRecord], kept: [SliceRecord]) {
        guard has(service) else { return ([], []) }
        var removed: [SliceRecord] = []
        var kept: [SliceRecord] = []
        var rest: [Entry] = []
        for entry in entries {
            guard entry.record.service == service, entry.record.hasAny(of: addresses) else {
                rest.append(entry)
                continue
            }
            removed.append(entry.record)
            guard let next = entry.record.filtered({ !addresses.contains($0) }) else {
                forget(entry.record)
                continue
            }
            kept.append(next)
            rest.append(Entry(expiry: entry.expiry, record: next))
        }
        entries = rest
        return (removed, kept)
    }
}
