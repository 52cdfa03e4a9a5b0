import Testing

@testable import Plugins

@Suite struct IdentifierTableTests {
    @Test("IDs are found while they are waited for, and known as used from then on, whatever the order")
    func model() {
        var random = SystemRandomNumberGenerator()
        var table = IdentifierTable()
        var (waiting, used): ([UInt16: Int], Set<UInt16>) = ([:], [])
        for _ in 0..<4_000 {
            let id = UInt16.random(in: 0..<2_048, using: &random)
            if !used.contains(id) {
                let number = Int.random(in: 0..<IdentifierTable.numberLimit, using: &random)
                table.insert(id, number)
                (waiting[id], _) = (number, used.insert(id))
            } else if Bool.random(using: &random) {
                table.release(id)
                waiting[id] = nil
            }
            #expect(table.count == waiting.count)
            #expect(table[id] == waiting[id])
        }
        for id: UInt16 in 0..<4_096 {
            #expect(table[id] == waiting[id])
            #expect(table.contains(id) == used.contains(id))
        }
        #expect(table.numbers.sorted() == waiting.values.sorted())
    }

    @Test("ID 0 and exchange 0 are ordinary, and so is the last exchange")
    func zeroes() {
        var table = IdentifierTable()
        #expect(table[0] == nil)
        table.insert(0, 0)
        table.insert(0xFFFF, IdentifierTable.numberLimit - 1)
        #expect(table[0] == 0)
        #expect(table[0xFFFF] == IdentifierTable.numberLimit - 1)
        table.release(0)
        #expect(table[0] == nil)
        #expect(table.contains(0))
        #expect(table[0xFFFF] == IdentifierTable.numberLimit - 1)
        table.release(0)
        table.release(7)
        #expect(table.count == 1)
        #expect(!table.contains(7))
    }

    @Test("every ID can be in use at a time")
    func full() {
        var table = IdentifierTable()
        for id in UInt16.min...UInt16.max { table.insert(id, Int(id) / 17) }
        #expect(table.count == 65_536)
        for id in UInt16.min...UInt16.max where table[id] != Int(id) / 17 { Issue.record("ID \(id)") }
    }
}
