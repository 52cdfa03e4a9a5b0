import CDatagram
package import Telemetry

/// A plugin that has the UDP sockets of its block shed load: `shed`.
package protocol SheddingPlugin {
    /// What is counted of it.
    var shedding: SheddingCounters { get }
}

/// What is shed, by what it was.
package struct SheddingCounters: Sendable {
    /// What was shed.
    package enum Reason: Int, CaseIterable, Sendable {
        /// A query that came while replies were piled up to the limit.
        case query
        /// A reply that newer ones pushed out.
        case response
    }

    private let dropped: CounterMatrix

    /// - Parameter dropped: counters by ``Reason``.
    package init(_ dropped: CounterMatrix) {
        self.dropped = dropped
    }

    func count(_ reason: Reason, _ number: Int = 1, in shard: MetricShard) {
        dropped.increment(reason.rawValue, by: UInt64(number), in: shard)
    }
}

/// Replies that a UDP socket could not take yet: the newest goes first, the oldest has to go when there are too many.
///
/// Shape: a ring, and for each reply a copy of its octets; bounded in replies and in octets.
struct ReplyStack {
    /// One reply and its way back.
    struct Item {
        let octets: [UInt8]
        let peer: cdg_address
        let local: cdg_local
    }

    /// As many as in CoreDNS.
    static let depth = 1_024
    static let octetLimit = 2 << 20

    private var ring = ContiguousArray<Item?>(repeating: nil, count: ReplyStack.depth)
    private var first = 0
    private(set) var count = 0
    private(set) var octets = 0

    var isEmpty: Bool { count == 0 }
    /// Whether one more reply would push another out.
    var isFull: Bool { count == Self.depth || octets >= Self.octetLimit }

    /// Puts a reply on top.
    ///
    /// - Returns: how many others had to go.
    mutating func push(_ item: Item) -> Int {
        var evicted = 0
        while count > 0, count == Self.depth || octets + item.octets.count > Self.octetLimit {
            octets -= ring[first]?.octets.count ?? 0
            ring[first] = nil
            first = (first + 1) % Self.depth
            count -= 1
            evicted += 1
        }
        ring[(first + count) % Self.depth] = item
        count += 1
        octets += item.octets.count
        return evicted
    }

    /// Takes the newest.
    mutating func pop() -> Item? {
        guard count > 0 else { return nil }
        count -= 1
        let index = (first + count) % Self.depth
        let item = ring[index]
        ring[index] = nil
        octets -= item?.octets.count ?? 0
        return item
    }
}
