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
        "what is waited for follows what the upstream takes, between 100 and 300 ms; 200 when nothing is known",
        arguments: [
            ([], 200...200), ([1], 100...100), ([1, 1, 1, 2, 1], 100...100),
            ([150, 150, 150, 150, 150, 150, 150, 150], 150...300),
            ([20, 20, 20, 180, 20, 20], 101...300), ([3_000, 3_000], 300...300), ([0], 100...100),
        ] as [([UInt64], ClosedRange<UInt64>)])
    func bounds(samples: [UInt64], expected: ClosedRange<UInt64>) {
        #expect(expected.contains(patience(samples)))
    }

    @Test("a time that no clock shows does no harm")
    func extremes() {
        var trip = RoundTrip()
        for sample in [UInt64.max, 0, .max, 1, .max / 2] { trip.add(sample) }
        #expect(trip.patience <= RoundTrip.longest)
    }
}
