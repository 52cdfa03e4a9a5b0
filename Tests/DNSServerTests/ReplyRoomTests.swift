import Synchronization
import TestSupport
import Testing

@testable import DNSServer

@Suite("Room for the replies of a connection")
struct ReplyRoomTests {
    @Test("The first 4 KiB are its own; the rest is borrowed, and given back to the last octet")
    func borrowing() {
        let budget = OctetBudget(limit: 10_000)
        let room = ReplyRoom(budget)
        #expect(room.take(4_096) && budget.used == 0)
        #expect(room.take(6_000) && budget.used == 6_000)
        #expect(!room.take(4_001) && budget.used == 6_000)
        #expect(room.take(4_000) && budget.used == 10_000)
        let other = ReplyRoom(budget)
        #expect(other.take(4_096) && !other.take(1))
        // Who has nothing yet may overdraw, by half of all.
        let newcomer = ReplyRoom(budget)
        #expect(!newcomer.take(4_096 + 5_001) && newcomer.take(4_096 + 5_000) && budget.isOverdrawn)
        #expect(!newcomer.take(1))
        newcomer.give(4_096 + 5_000)
        room.give(4_096)
        #expect(budget.used == 5_904)
        room.give(6_000)
        room.give(4_000)
        other.give(4_096)
        #expect(budget.used == 0)
    }

    @Test("Whatever two threads take and give at once, in the end nothing is missing and nothing is left over")
    func races() async {
        let budget = OctetBudget(limit: 20_000)
        let room = ReplyRoom(budget)
        await withTaskGroup(of: Void.self) { group in
            for part in 1...4 {
                group.addTask {
                    for round in 0..<20_000 {
                        let octets = (part * 2_711 + round * 37) % 9_000
                        if room.take(octets) { room.give(octets) }
                    }
                }
            }
        }
        #expect(budget.used == 0)
        #expect(room.take(4_096) && budget.used == 0)
    }

    @Test("A connection begins with 16 queries at a time; small replies let it have more, large ones few")
    func window() {
        var window = QueryWindow(limit: 128)
        #expect(window.size == 16)
        for _ in 0..<500 { window.note(100) }
        #expect(window.size == 128)
        window.note(4_096)
        #expect(window.size == 8)
        window.note(65_535)
        #expect(window.size == 1)
        window.note(100)
        #expect(window.size == 2)
        #expect(QueryWindow(limit: 3).size == 3)
    }
}
