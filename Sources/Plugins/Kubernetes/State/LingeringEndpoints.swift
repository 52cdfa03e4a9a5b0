import Basics
import KubernetesClient

/// Endpoints that have left a slice, kept for a moment: the controller moves endpoints between the slices of a large service with
/// one write a slice, and may take them out of the one before it puts them into the other.
///
/// Only services with several slices of a family are concerned, and only endpoints that were taken out without a word: one that is
/// said not to be ready is gone at once.
struct LingeringEndpoints: Sendable {
    private struct Expiry {
        let time: Duration
        let service: ContiguousArray<UInt8>
    }

    private struct Entry {
        let expiry: Duration
        let record: SliceRecord
    }

    /// How long an endpoint stays: several writes of a controller to a busy API server.
    static let time = Duration.seconds(1)

    /// When there may be something to take out, in order.
    private var expiries: [Expiry] = []
    /// The entries of the services that have any, each service's in the order of their expiries.
    private var entries: [ContiguousArray<UInt8>: [Entry]] = [:]

    /// When the next endpoints have stayed long enough.
    var nextExpiry: Duration? { entries.isEmpty ? nil : expiries.first?.time }

    /// Whether endpoints of a service linger: most services have none, and that has to be seen at once.
    func has(_ service: ContiguousArray<UInt8>) -> Bool { !entries.isEmpty && entries[service] != nil }

    func contains(_ record: SliceRecord) -> Bool {
        entries.isEmpty ? false : entries[record.service]?.contains { $0.record === record } ?? false
    }

    mutating func add(_ record: SliceRecord, now: Duration) {
        expiries.append(Expiry(time: now + Self.time, service: record.service))
        entries[record.service, default: []].append(Entry(expiry: now + Self.time, record: record))
    }

    /// Takes out the endpoints that have stayed long enough.
    mutating func expire(now: Duration) -> [SliceRecord] {
        var expired: [SliceRecord] = []
        let due = expiries.prefix { $0.time <= now }
        expiries.removeFirst(due.count)
        for next in due {
            guard let all = entries[next.service] else { continue }
            let rest = all.filter { $0.expiry > now }
            expired += all.filter { $0.expiry <= now }.map(\.record)
            entries[next.service] = rest.isEmpty ? nil : rest
        }
        return expired
    }

    /// Takes out all endpoints of a service.
    mutating func drop(_ service: ContiguousArray<UInt8>) -> [SliceRecord] {
        guard !entries.isEmpty, let all = entries.removeValue(forKey: service) else { return [] }
        return all.map(\.record)
    }

    /// Takes out the endpoints of a service with `addresses`.
    ///
    /// - Returns: the records that are no longer valid, and those in their place.
    mutating func drop(
        _ addresses: Set<IPAddress>, of service: ContiguousArray<UInt8>
    ) -> (removed: [SliceRecord], kept: [SliceRecord]) {
        guard let all = entries[service] else { return ([], []) }
        var removed: [SliceRecord] = []
        var kept: [SliceRecord] = []
        var rest: [Entry] = []
        for entry in all {
            guard entry.record.hasAny(of: addresses) else {
                rest.append(entry)
                continue
            }
            removed.append(entry.record)
            guard let next = entry.record.filtered({ !addresses.contains($0) }) else { continue }
            kept.append(next)
            rest.append(Entry(expiry: entry.expiry, record: next))
        }
        entries[service] = rest.isEmpty ? nil : rest
        return (removed, kept)
    }
}
