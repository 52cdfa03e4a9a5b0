import Testing

@testable import Plugins

@Suite struct IdentifierTableTests {
    @Test("IDs are found until they are removed, whatever the order")
    func model() {
        var random = SystemRandomNumberGenerator()
        var table = IdentifierTable()
        var model: [UInt16: Int] = [:]
        for _ in 0..<20_000 {
            let id = UInt16.random(in: 0..<2_048, using: &random)
            if model[id] == nil, Bool.random(using: &random) {
                let number = Int.random(in: 0..<IdentifierTable.numberLimit, using: &random)
                table.insert(id, number)
                model[id] = number
            } else {
                table.remove(id)
                model[id] = nil
            }
            #expect(table.count == model.count)
            #expect(table[id] == model[id])
        }
        for id: UInt16 in 0..<2_048 { #expect(table[id] == model[id]) }
        #expect(table.removeAll().sorted() == model.values.sorted())
        #expect(table.isEmpty)
    }

    @Test("ID 0 and exchange 0 are ordinary")
    func zeroes() {
        var table = IdentifierTable()
        #expect(table[0] == nil)
        table.insert(0, 0)
        table.insert(0xFFFF, 4_095)
        #expect(table[0] == 0)
        #expect(table[0xFFFF] == 4_095)
        table.remove(0)
        #expect(table[0] == nil)
        #expect(table[0xFFFF] == 4_095)
    }

    @Test("every ID can be in use at a time")
    func full() {
        var table = IdentifierTable()
        for id in UInt16.min...UInt16.max { table.insert(id, Int(id) / 17) }
        #expect(table.count == 65_536)
        for id in UInt16.min...UInt16.max where table[id] != Int(id) / 17 { Issue.record("ID \(id)") }
    }
}
