import Corefile
import DNSWire
import Testing

@testable import Plugins

@Suite("The questions that loop asks")
struct LoopDetectorTests {
    private func detector(_ zone: String = "example.org") throws -> LoopDetector {
        try #require(LoopDetector(below: try Name(parsing: zone)))
    }

    private func see(_ name: Name, _ detector: LoopDetector) -> LoopDetector.Finding {
        let wire = name.wire
        return detector.see(wire.span)
    }

    @Test("a question may come twice; the third time it is a loop, which is told once")
    func third() throws {
        let detector = try detector()
        let (own, round) = try #require(detector.beginRound())
        let other = try Name(parsing: "1.2.example.org")
        #expect(see(own, detector) == .own)
        #expect(see(other, detector) == .foreign)
        #expect(see(own, detector) == .own)
        #expect(see(own, detector) == .loop(round: round))
        #expect(see(own, detector) == .knownLoop)
        #expect(see(other, detector) == .foreign)
    }

    @Test("each round has a question of its own and counts from the start; one of an earlier round goes no further")
    func rounds() throws {
        let detector = try detector()
        let (first, firstRound) = try #require(detector.beginRound())
        #expect(see(first, detector) == .own)
        #expect(see(first, detector) == .own)
        let (second, secondRound) = try #require(detector.beginRound())
        #expect(first != second && firstRound != secondRound && detector.currentName == second)
        #expect(see(first, detector) == .knownLoop)
        #expect(see(second, detector) == .own)
        #expect(see(second, detector) == .own)
        #expect(see(second, detector) == .loop(round: secondRound))
    }

    @Test("when the watch has ended no question is ours, and nothing is dropped")
    func end() throws {
        let detector = try detector()
        let (own, _) = try #require(detector.beginRound())
        detector.isSuspicious = true
        detector.end()
        for _ in 0..<9 { #expect(see(own, detector) == .foreign) }
        #expect(detector.hasEnded && !detector.isSuspicious)
    }

    @Test("a question that is under way is known until it is done, or the suspicion is over")
    func underWay() throws {
        let detector = try detector()
        detector.isSuspicious = true
        #expect(detector.setOut(1) && detector.setOut(2) && !detector.setOut(1))
        detector.arrive(1)
        #expect(detector.setOut(1) && !detector.setOut(2))
        detector.isSuspicious = false
        #expect(detector.setOut(2))
    }

    @Test("a question is two numbers below the zone, never the same", arguments: [".", "example.org"])
    func names(_ zone: String) throws {
        let detector = try detector(zone)
        let zone = try Name(parsing: zone)
        let names = try (0..<20).map { _ in try #require(detector.beginRound()).name }
        #expect(Set(names.map(\.text)).count == 20)
        for name in names {
            #expect(name.isAtOrBelow(zone) && name.labelCount == zone.labelCount + 2)
            for label in name.labels.prefix(2) {
                #expect(UInt64(String(decoding: label, as: UTF8.self)).map { $0 < 1 << 62 } == true)
            }
        }
    }

    @Test("a zone that leaves no room for the question has no watch")
    func longZone() throws {
        let label = String(repeating: "x", count: 61)
        let zone = try Name(parsing: Array(repeating: label, count: 4).joined(separator: "."))
        #expect(LoopDetector(below: zone) == nil)
    }
}
