import DNSServer
import DNSWire
import Synchronization

/// What a query has to do with others that ask the same at the same time.
enum FlightRole: Equatable {
    case none
    /// It is on its way to upstreams, and others may wait for its reply.
    case leads(UInt64)
    /// It waits for the reply to another one.
    case follows(UInt64)
    /// It is on its way to upstreams for itself, one of so many that ask the same.
    case goesAlone(UInt64)
}

/// The questions of one `forward` line that are on their way to upstreams, from all workers: who asks the same meanwhile waits for
/// the reply instead of asking.
///
/// It spares upstreams the rush when a popular reply expires, and whoever makes replies up the many chances that many identical
/// questions would give (RFC 5452 §5).
///
/// Shape: shards with a lock each, which is held for one change of a dictionary. A question is known by its keyed 64-bit hash; whoever gets a
/// reply compares the question itself.
final class FlightTable: Sendable {
    private final class Shard: Sendable {
        /// The engines with queries that wait, by what is asked; usually there are none.
        let flights = Mutex<[UInt64: [ForwardEngine]]>([:])
        /// How many ask the same and cannot share a reply, by what is asked.
        let crowds = Mutex<[UInt64: Int]>([:])
    }

    /// How many may ask the same at a time, each for itself.
    ///
    /// Servers that forward to each other pass a query round and round, and each time it is one more.
    static let crowdLimit = 64

    private static let shardCount = 16
    private let shards = UncountedObjects((0..<shardCount).map { _ in Shard() })

    /// Begins a flight for `key`, or has `engine` told of the end of the one that there is.
    ///
    /// - Returns: whether the query leads.
    func enter(_ key: UInt64, _ engine: ForwardEngine) -> Bool {
        shards.with(Self.shard(key)) { shard in
            shard.flights.withLock { flights in
                guard let waiting = flights[key] else {
                    flights[key] = []
                    return true
                }
                if !waiting.contains(where: { $0 === engine }) { flights[key] = waiting + [engine] }
                return false
            }
        }
    }

    /// Ends the flight for `key` and gives the engines with queries that wait for it.
    func leave(_ key: UInt64) -> [ForwardEngine] {
        shards.with(Self.shard(key)) { $0.flights.withLock { $0.removeValue(forKey: key) ?? [] } }
    }

    /// Counts a query that goes for itself; false when as many as may be are on their way already.
    func enterCrowd(_ key: UInt64) -> Bool {
        shards.with(Self.shard(key)) { shard in
            shard.crowds.withLock { crowds in
                let count = crowds[key] ?? 0
                guard count < Self.crowdLimit else { return false }
                crowds[key] = count + 1
                return true
            }
        }
    }

    /// A query that was counted has ended.
    func leaveCrowd(_ key: UInt64) {
        shards.with(Self.shard(key)) { shard in
            shard.crowds.withLock { crowds in
                guard let count = crowds[key] else { return }
                crowds[key] = count > 1 ? count - 1 : nil
            }
        }
    }

    /// How many queries go for themselves.
    var crowdCount: Int {
        (0..<Self.shardCount).reduce(0) { sum, index in
            sum + shards.with(index) { $0.crowds.withLock { $0.values.reduce(0, +) } }
        }
    }

    /// How many questions are on their way.
    var count: Int {
        (0..<Self.shardCount).reduce(0) { sum, index in
            sum + shards.with(index) { $0.flights.withLock { $0.count } }
        }
    }

    private static func shard(_ key: UInt64) -> Int {
        Int(truncatingIfNeeded: key >> 56) & (shardCount - 1)
    }

    /// What stands for all queries that can share a reply; nil for one that must have its own.
    ///
    /// They have the same ``ReplyKey``, and go the same way: flags, channel and payload size.
    static func key(_ query: Query, usesTCP: Bool, groupIndex: Int) -> UInt64? {
        let (header, edns) = (query.header, query.edns)
        guard query.isShareable, header.flags.opcode == .query, let key = ReplyKey(query) else { return nil }
        let way = UInt64(header.flags.rawValue) << 16 | UInt64(truncatingIfNeeded: groupIndex & 0xFF) << 8
        let bits: UInt64 = (usesTCP ? 2 : 0) | (edns == nil ? 0 : 1)
        let size = UInt64(edns?.payloadSize ?? 0) << 32
        return NameHash.fold(key.hash ^ way ^ bits ^ size, 0xD6E8_FEB8_6659_FD93)
    }

    /// What stands for all queries for the same name, type and class, whatever else they have.
    static func crowdKey(_ query: Query, groupIndex: Int) -> UInt64 {
        let question = UInt64(query.type.rawValue) << 32 | UInt64(query.recordClass.rawValue) << 16
        let group = UInt64(truncatingIfNeeded: groupIndex & 0xFF) << 8
        return NameHash.fold(query.nameHash ^ question ^ group, 0xA076_1D64_78BD_642F)
    }
}
