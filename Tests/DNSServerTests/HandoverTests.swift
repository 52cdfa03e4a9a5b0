import Testing

@testable import DNSServer

@Suite("State that outlives a configuration")
struct HandoverTests {
    private final class Thing: Sendable {}

    @Test("The next configuration gets the same object under the same key")
    func inheriting() {
        let first = Handover()
        let thing = first.object("cache") { Thing() }
        let next = Handover(after: first)
        #expect(next.isInherited("cache"))
        #expect(next.object("cache") { Thing() } === thing)
    }

    @Test("What the next configuration does not ask for is abandoned; what it shares is not")
    func abandoning() {
        let first = Handover()
        let kept = first.object("kept") { Thing() }
        let dropped = first.object("dropped") { Thing() }
        let next = Handover(after: first)
        _ = next.object("kept") { Thing() }
        let fresh = next.object("fresh") { Thing() }
        #expect(first.abandoned(by: next).map { ObjectIdentifier($0) } == [ObjectIdentifier(dropped)])
        #expect(next.abandoned(by: first).map { ObjectIdentifier($0) } == [ObjectIdentifier(fresh)])
        _ = kept
    }

    @Test("Two plugins of one configuration share an object by its key")
    func sharing() {
        let handover = Handover()
        #expect(handover.object("http") { Thing() } === handover.object("http") { Thing() })
    }
}
