import Testing

@testable import Plugins

@Suite struct ReliabilityTests {
    @Test("two late answers in a row make an upstream suspect, which is told once; one alone does not")
    func suspicion() {
        let reliability = Reliability()
        #expect(!reliability.noteLate())
        #expect(!reliability.isSuspect)
        #expect(reliability.noteLate())
        #expect(reliability.isSuspect)
        #expect(!reliability.noteLate())
    }

    @Test("probes that are answered in a row take the suspicion away, and more of them the worse it was")
    func trust() {
        func probesNeeded(after late: Int) -> Int {
            let reliability = Reliability()
            for _ in 0..<late { _ = reliability.noteLate() }
            for count in 1...100 {
                reliability.noteProbeInTime()
                if !reliability.isSuspect { return count }
            }
            return .max
        }
        #expect(probesNeeded(after: 2) == 6)
        #expect((10...12).contains(probesNeeded(after: 50)))
    }

    @Test("one that loses a third of what it is asked becomes suspect, one in a hundred does not")
    func shares() {
        func isEverSuspect(oneIn share: Int) -> Bool {
            let reliability = Reliability()
            return (1...1_000).contains { number in
                if number % share == 0 { _ = reliability.noteLate() } else { reliability.noteInTime() }
                return reliability.isSuspect
            }
        }
        #expect(isEverSuspect(oneIn: 3))
        #expect(!isEverSuspect(oneIn: 100))
    }

    @Test("one that answers nothing becomes hopeless, and is so no longer after a few answers")
    func hopeless() {
        let reliability = Reliability()
        for _ in 0..<5 { _ = reliability.noteLate() }
        #expect(!reliability.isHopeless)
        for _ in 0..<20 { _ = reliability.noteLate() }
        #expect(reliability.isHopeless)
        for _ in 0..<3 { reliability.noteInTime() }
        #expect(!reliability.isHopeless)
        for _ in 0..<1_000 { reliability.noteInTime() }
        #expect(!reliability.isSuspect)
    }
}

@Suite struct RoundTripTests {
    private static let millisecond: UInt64 = 1_000_000

    private func patience(_ samples: [UInt64]) -> UInt64 {
        var trip = RoundTrip()
        for sample in samples { trip.add(sample * Self.millisecond) }
        return trip.patience / Self.millisecond
    }

    @Test(
        "what is waited for follows what the upstream takes, between 100 ms and 2 s; 200 when nothing is known",
        arguments: [
            ([], 200...200), ([1], 100...100), ([1, 1, 1, 2, 1], 100...100),
            ([150, 150, 150, 150, 150, 150, 150, 150], 150...300),
            ([20, 20, 20, 180, 20, 20], 101...300), ([500, 500, 500, 500, 500, 500, 500], 600...1_000),
            ([3_000, 3_000], 2_000...2_000), ([0], 100...100),
        ] as [([UInt64], ClosedRange<UInt64>)])
    func bounds(samples: [UInt64], expected: ClosedRange<UInt64>) {
        #expect(expected.contains(patience(samples)))
    }

    @Test("RFC 6298 §5.5: as long as nothing is learned, the time before the same is sent again is doubled each time")
    func backingOff() {
        var trip = RoundTrip()
        var (now, times): (UInt64, [UInt64]) = (0, [])
        for _ in 0..<5 {
            times.append(trip.repeatAfter / Self.millisecond)
            // All that wait at the time are one sign.
            for _ in 0..<40 { trip.noteRepeat(at: now) }
            now += trip.repeatAfter
        }
        #expect(times == [250, 500, 1_000, 2_000, 2_000])
        trip.add(20 * Self.millisecond)
        #expect(trip.repeatAfter == 250 * Self.millisecond)
    }

    @Test("RFC 6298 §3: of a query that was sent again what cannot be told apart teaches nothing")
    func ambiguous() {
        var trip = RoundTrip()
        // It may be the reply to the second message, or a slow one to the first.
        trip.add(700 * Self.millisecond, timeSinceLast: 450 * Self.millisecond)
        #expect(trip.patience == 200 * Self.millisecond)
        trip.add(600 * Self.millisecond)
        let usual = trip.patience
        // Nobody has been as fast as that: it is the reply to the first.
        trip.noteRepeat(at: 1)
        trip.add(1_200 * Self.millisecond, timeSinceLast: 100 * Self.millisecond)
        #expect(trip.patience > usual)
        #expect(trip.repeatAfter == trip.patience)
    }

    @Test("a reply that is due for the last message ends the doubling")
    func lossEnds() {
        var trip = RoundTrip()
        for _ in 0..<8 { trip.add(20 * Self.millisecond) }
        trip.noteRepeat(at: 1)
        #expect(trip.repeatAfter == 500 * Self.millisecond)
        trip.add(270 * Self.millisecond, timeSinceLast: 20 * Self.millisecond)
        #expect(trip.repeatAfter == 250 * Self.millisecond)
        #expect(trip.patience == 100 * Self.millisecond)
    }

    @Test("a time that no clock shows does no harm")
    func extremes() {
        var trip = RoundTrip()
        for sample in [UInt64.max, 0, .max, 1, .max / 2] { trip.add(sample) }
        #expect(trip.patience <= RoundTrip.longest)
    }
}
