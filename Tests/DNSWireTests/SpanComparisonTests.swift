import Testing

@testable import DNSWire

@Suite("Octets compared eight at a time")
struct SpanComparisonTests {
    private var random = Seeded(state: 7)

    /// Numbers that are the same in every run.
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
    }

    private func matches(_ left: [UInt8], _ range: Range<Int>, _ right: [UInt8], at place: Int) -> Bool {
        left.span.matches(range, right.span, at: place)
    }

    private func matchesIgnoringCase(_ left: [UInt8], _ range: Range<Int>, _ right: [UInt8], at place: Int) -> Bool {
        left.span.matchesIgnoringCase(range, right.span, at: place)
    }

    @Test("ranges match as their octets do one by one, at every length and place")
    mutating func matches() {
        for length in 0...40 {
            for _ in 0..<20 {
                let left = (0..<length + 8).map { _ in UInt8.random(in: 60...125, using: &random) }
                let (start, place) = (Int.random(in: 0...8, using: &random), Int.random(in: 0...8, using: &random))
                var right = (0..<place).map { _ in UInt8(0) } + left[start..<start + length] + [1, 2, 3]
                let range = start..<start + length
                #expect(matches(left, range, right, at: place))
                #expect(matchesIgnoringCase(left, range, right, at: place))
                guard length > 0 else { continue }
                let changed = place + Int.random(in: 0..<length, using: &random)
                let former = right[changed]
                right[changed] = former ^ 0x20
                let isLetter = lowercased(former) == lowercased(former ^ 0x20)
                #expect(!matches(left, range, right, at: place))
                #expect(matchesIgnoringCase(left, range, right, at: place) == isLetter)
                right[changed] = former ^ 0x80
                #expect(!matchesIgnoringCase(left, range, right, at: place))
            }
        }
    }

    @Test("a range that is not there matches nothing")
    func bounds() {
        let octets: [UInt8] = [1, 2, 3, 4]
        #expect(!matches(octets, 0..<5, octets, at: 0))
        #expect(!matches(octets, 0..<4, octets, at: 1))
        #expect(!matches(octets, 0..<2, octets, at: -1))
        #expect(matches(octets, 4..<4, octets, at: 4))
    }

    @Test("lowering writes the lower case of each octet and nothing behind")
    mutating func lowering() {
        for length in 0...40 {
            let source = (0..<length + 3).map { _ in UInt8.random(in: 0...255, using: &random) }
            var target = [UInt8](repeating: 0xEE, count: length + 8)
            var span = target.mutableSpan
            span.putLowercased(source.span, 3..<length + 3)
            #expect(target == source[3...].map { lowercased($0) } + [UInt8](repeating: 0xEE, count: 8))
        }
    }

    @Test("the case of the letters that a mask names is turned, of nothing else, and turned back by the same")
    mutating func turning() {
        for length in 0...70 {
            let octets = (0..<length + 4).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            let range = 2..<length + 2
            let mask = UInt64.random(in: .min ... .max, using: &random)
            var turned = octets
            turn(&turned, range, mask)
            for place in octets.indices {
                let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octets[place] | 0x20)
                let isMeant = range.contains(place) && isLetter && mask >> UInt64((place - 2) % 64) & 1 != 0
                #expect(turned[place] == (isMeant ? octets[place] ^ 0x20 : octets[place]), "\(length) \(place)")
            }
            turn(&turned, range, mask)
            #expect(turned == octets)
        }
    }

    private func turn(_ octets: inout [UInt8], _ range: Range<Int>, _ mask: UInt64) {
        var span = octets.mutableSpan
        span.turnCase(range, by: mask)
    }
}
