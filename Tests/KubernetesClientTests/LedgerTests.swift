import Testing

@testable import KubernetesClient

@Suite("What was told is kept in a few bytes an object")
struct LedgerTests {
    private func metadata(_ name: String, _ version: Int) -> ObjectMetadata {
        ObjectMetadata(name: name, namespace: "x", resourceVersion: String(version))
    }

    private func ledger(_ objects: [(String, Int)], at version: String) -> Ledger {
        var ledger = Ledger()
        ledger.listBegan()
        for (name, version) in objects { ledger.listed(metadata(name, version)) }
        ledger.listEnded(at: version)
        return ledger
    }

    private func listing(_ objects: [(String, Int)], at version: UInt64) -> Ledger.Listing {
        var listing = Ledger.Listing(version: version, objects: [:])
        for (name, version) in objects { listing.objects[Ledger.hash(metadata(name, 0).key)] = UInt64(version) }
        return listing
    }

    @Test("The same objects do not differ")
    func same() {
        var ledger = ledger([("a", 1), ("b", 2)], at: "5")
        #expect(ledger.beginCheck() == 5)
        #expect(ledger.differences(from: listing([("a", 1), ("b", 2)], at: 9)) == 0)
    }

    @Test("An object unknown, one of an older version and one that is not listed differ")
    func differences() {
        var ledger = ledger([("a", 1), ("b", 2), ("gone", 3)], at: "5")
        _ = ledger.beginCheck()
        #expect(ledger.differences(from: listing([("a", 1), ("b", 4), ("new", 5)], at: 5)) == 3)
    }

    @Test("What happened after the list is no difference")
    func later() {
        var ledger = ledger([("a", 1), ("b", 2)], at: "5")
        _ = ledger.beginCheck()
        ledger.changed(metadata("a", 8))
        ledger.changed(metadata("new", 9))
        ledger.deleted(metadata("b", 10))
        #expect(ledger.version == 10)
        #expect(ledger.differences(from: listing([("a", 1), ("b", 2)], at: 6)) == 0)
    }

    @Test("There is nothing to compare before a list is complete, nor while one is told, nor with opaque versions")
    func nothing() {
        var ledger = Ledger()
        #expect(ledger.beginCheck() == nil)
        ledger.listBegan()
        #expect(ledger.beginCheck() == nil)
        ledger.listEnded(at: "abc")
        #expect(ledger.beginCheck() == nil)
        ledger.listBegan()
        ledger.listEnded(at: "7")
        #expect(ledger.beginCheck() == 7)
        ledger.reached("8")
        #expect(ledger.version == 8)
    }
}
