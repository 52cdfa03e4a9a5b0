import Testing

@testable import DNSServer

@Suite("Timers of a worker")
struct TimerWheelTests {
    private final class Target: TimerTarget {
        func timerFired(token: UInt64, worker: Worker) {}
    }

    private static let millisecond: UInt64 = 1_000_000

    private func due(_ wheel: inout TimerWheel, at now: UInt64) -> [UInt64] {
        var tokens: [UInt64] = []
        while let (_, token) = wheel.popDue(now: now) { tokens.append(token) }
        return tokens
    }

    @Test(
        "A timer is never early and at most two slots late",
        arguments: [1, 3, 4, 5, 100, 4_095, 4_096, 4_097, 60_000, 3_600_000] as [UInt64])
    func punctuality(delay: UInt64) {
        let start: UInt64 = 123_456_789_012
        var wheel = TimerWheel(now: start)
        _ = wheel.schedule(at: start + delay * Self.millisecond, Target(), token: 7)
        var now = start
        let step = max(1, delay / 1_000) * Self.millisecond
        while wheel.count > 0 {
            now += step
            if !due(&wheel, at: now).isEmpty { break }
            #expect(now < start + delay * Self.millisecond + 8 * Self.millisecond + step)
        }
        #expect(now >= start + delay * Self.millisecond)
        #expect(wheel.count == 0)
    }

    @Test("A clock that goes back or leaps, and a timer for the end of time, end nothing")
    func hostileTimes() {
        var wheel = TimerWheel(now: 1_000 * Self.millisecond)
        let target = Target()
        _ = wheel.schedule(at: 0, target, token: 1)
        _ = wheel.schedule(at: .max, target, token: 2)
        #expect(due(&wheel, at: 0).isEmpty)
        #expect(wheel.delay(now: 0) != nil && wheel.delay(now: .max) == 0)
        #expect(due(&wheel, at: .max / 2) == [1])
        #expect(due(&wheel, at: 5).isEmpty)
        #expect(due(&wheel, at: .max).isEmpty && wheel.count == 1)
    }

    @Test(
        "Moments of clocks, files and the network are subtracted in any order",
        arguments: [(0, 0, 0), (5, 7, 2), (7, 5, 0), (.max, 0, 0), (0, .max, .max)] as [(UInt64, UInt64, UInt64)])
    func time(_ start: UInt64, _ end: UInt64, _ expected: UInt64) {
        #expect(SystemClock.time(from: start, to: end) == expected)
    }

    @Test("A cancelled timer does not fire, and cancelling it again hurts nobody")
    func cancelling() {
        var wheel = TimerWheel(now: 0)
        let target = Target()
        let first = wheel.schedule(at: 10 * Self.millisecond, target, token: 1)
        wheel.cancel(first)
        wheel.cancel(first)
        // The second timer has the first one's node.
        _ = wheel.schedule(at: 10 * Self.millisecond, target, token: 2)
        wheel.cancel(first)
        #expect(due(&wheel, at: 100 * Self.millisecond) == [2])
    }

    @Test("Timers of one slot fire all, whichever is cancelled among them", arguments: 0..<8)
    func listSurgery(victim: Int) {
        var wheel = TimerWheel(now: 0)
        let target = Target()
        let timers = (0..<8).map { wheel.schedule(at: 10 * Self.millisecond, target, token: UInt64($0)) }
        wheel.cancel(timers[victim])
        let fired = due(&wheel, at: 100 * Self.millisecond)
        #expect(Set(fired) == Set((0..<8).filter { $0 != victim }.map(UInt64.init)))
    }

    @Test("After a pause longer than the wheel's turn every due timer fires")
    func longPause() {
        var wheel = TimerWheel(now: 0)
        let target = Target()
        for index in 0..<100 {
            _ = wheel.schedule(at: UInt64(index) * 100 * Self.millisecond, target, token: UInt64(index))
        }
        #expect(due(&wheel, at: 60_000 * Self.millisecond).count == 100)
    }

    @Test("The delay to the next timer never passes over it")
    func delay() throws {
        var wheel = TimerWheel(now: 0)
        #expect(wheel.delay(now: 0) == nil)
        _ = wheel.schedule(at: 50 * Self.millisecond, Target(), token: 1)
        let delay = try #require(wheel.delay(now: 0))
        #expect(delay >= 50 * Self.millisecond && delay <= 58 * Self.millisecond)
    }
}
