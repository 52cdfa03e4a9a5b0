import Synchronization
import Telemetry
import Testing

@testable import DNSServer

/// Keeps the tokens that it is told.
private final class Target: WaitingTarget {
    var givenUp: [UInt64] = []
    var gives = true

    func giveUp(token: UInt64, worker: Worker) -> Bool {
        givenUp.append(token)
        return gives
    }
}

@Suite("The room in which queries wait")
struct WaitingRoomTests {
    private let one = Target()
    private let two = Target()

    @Test("The oldest of the line that takes most has to go first, whatever it is that others wait for")
    func fairness() {
        var room = WaitingRoom(limit: 1_000)
        let (slow, quick) = (room.open(for: one), room.open(for: two))
        // The oldest of all are in the short line.
        for token in 100..<102 { _ = room.enter(quick, token: UInt64(token), octets: 100) }
        for token in 0..<8 { _ = room.enter(slow, token: UInt64(token), octets: 100) }
        #expect(room.isFull(for: 1) && !room.isFull(for: 0))
        var gone: [UInt64] = []
        for _ in 0..<7 {
            guard let (target, token) = room.removeOldest() else { break }
            #expect(target === (token < 100 ? one : two))
            gone.append(token)
        }
        // Six of the long line; then both are as long as each other, and either may be next.
        #expect(gone.prefix(6) == [0, 1, 2, 3, 4, 5])
        #expect(room.count == 3 && room.octets == 300)
    }

    @Test("A line is as long as what it takes, not as many as stand in it")
    func weight() {
        var room = WaitingRoom(limit: 100_000)
        let (small, large) = (room.open(for: one), room.open(for: two))
        for token in 0..<10 { _ = room.enter(small, token: UInt64(token), octets: 100) }
        _ = room.enter(large, token: 77, octets: 65_535)
        #expect(room.removeOldest()?.token == 77)
    }

    @Test("Places are given back in any order, and their numbers are used again")
    func leaving() {
        var room = WaitingRoom(limit: 1_000)
        let line = room.open(for: one)
        var tickets: [(ticket: WaitingRoom.Ticket, token: UInt64)] = []
        var random = SystemRandomNumberGenerator()
        var next: UInt64 = 0
        for _ in 0..<2_000 {
            if tickets.count < 10, Bool.random(using: &random) || tickets.isEmpty {
                tickets.append((room.enter(line, token: next, octets: 100), next))
                next += 1
            } else if Bool.random(using: &random) {
                room.leave(tickets.remove(at: Int.random(in: tickets.indices, using: &random)).ticket)
            } else {
                #expect(room.removeOldest()?.token == tickets.removeFirst().token)
            }
            #expect(room.count == tickets.count && room.octets == 100 * tickets.count)
        }
        #expect(next > 100)
    }

    @Test("A line is closed only when it is empty, and another may take its number")
    func closing() {
        var room = WaitingRoom(limit: 1_000)
        let line = room.open(for: one)
        let ticket = room.enter(line, token: 1, octets: 10)
        room.close(line)
        #expect(room.open(for: two) != line)
        room.leave(ticket)
        room.close(line)
        #expect(room.open(for: two) == line)
        #expect(room.removeOldest() == nil)
    }

    @Test("One alone may enter whatever it takes: there is nobody to make room")
    func alone() {
        var room = WaitingRoom(limit: 10)
        #expect(!room.isFull(for: 100))
        _ = room.enter(room.open(for: one), token: 1, octets: 100)
        #expect(room.isFull(for: 0))
    }

    @Test("Who enters a full room takes the place of the oldest; one that goes on anyway is not counted")
    func entering() throws {
        let metrics = MetricsRegistry()
        let worker = try makeWorker(waitingOctets: 4 * ResourceLimits.octetsPerQuery, metrics: metrics)
        let line = worker.openLine(for: one)
        for token in 0..<6 as Range<UInt64> { _ = worker.enter(line, worker.takeQuery(), token: token) }
        #expect(one.givenUp == [0, 1])
        #expect(worker.waiting.count == 4)
        let counter = try #require(worker.counters.drops.counter(0))
        #expect(metrics.total(counter) == 2)
        one.gives = false
        let ticket = worker.enter(line, worker.takeQuery(), token: 6)
        #expect(one.givenUp == [0, 1, 2])
        #expect(metrics.total(counter) == 2)
        worker.leave(ticket)
        #expect(worker.waitingCount.load(ordering: .relaxed) == 3)
    }

    @Test("A query with large buffers takes as much room as they do")
    func buffers() throws {
        let worker = try makeWorker(waitingOctets: 40 * ResourceLimits.octetsPerQuery)
        let line = worker.openLine(for: one)
        for token in 0..<10 as Range<UInt64> {
            let query = worker.takeQuery()
            query.take([UInt8](repeating: 0, count: 60_000).span)
            _ = worker.enter(line, query, token: token, copies: 60_000)
        }
        #expect(worker.waiting.octets <= 40 * ResourceLimits.octetsPerQuery)
        #expect(one.givenUp == Array(0..<9))
    }
}
