import DNSWire
import Synchronization
import Telemetry

/// The way of plugins into the worker's ``WaitingRoom``.
extension Worker {
    /// Opens a line for queries of `target`'s that wait for one and the same thing.
    package func openLine(for target: any WaitingTarget) -> WaitingRoom.Line {
        waiting.open(for: target)
    }

    /// Closes a line that nobody stands in any more.
    package func closeLine(_ line: WaitingRoom.Line) {
        waiting.close(line)
    }

    /// Lets `query` wait in `line`; when there is no room, those who wait longest in the fullest line have to go.
    ///
    /// - Parameters:
    ///   - token: what the line's target is told when this query has to go.
    ///   - copies: octets that are held for the query elsewhere.
    package func enter(
        _ line: WaitingRoom.Line, _ query: Query, token: UInt64, copies: Int = 0
    ) -> WaitingRoom.Ticket {
        let octets = ResourceLimits.octetsPerQuery + query.extraOctets + copies
        while waiting.isFull(for: octets), let (target, token) = waiting.removeOldest() {
            guard target.giveUp(token: token, worker: self) else { continue }
            counters.drops.increment(ServerCounters.Drop.oldestWaiting.rawValue, in: shard)
        }
        let ticket = waiting.enter(line, token: token, octets: octets)
        waitingCount.store(waiting.count, ordering: .relaxed)
        return ticket
    }

    /// The query with this ticket waits no more.
    package func leave(_ ticket: WaitingRoom.Ticket) {
        waiting.leave(ticket)
        waitingCount.store(waiting.count, ordering: .relaxed)
    }
}

extension Query {
    /// Octets of the buffers beyond what a usual query has.
    var extraOctets: Int {
        max(0, inboundCapacity - Self.inboundCapacity) + max(0, reply.capacity - MessageWriter.initialCapacity)
    }
}
