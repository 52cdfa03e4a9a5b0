/// The ports of one table that a question means, and their numbers, each once; a port without a number has no record.
///
/// One is what most questions mean, and takes no memory of its own.
struct MeantPorts: RandomAccessCollection {
    /// How many ports there are, those that share a number and those without one included.
    var portCount = 0
    private var first: UInt16?
    /// All numbers, when there are more than one.
    private var several: ContiguousArray<UInt16> = []

    init() {}

    /// All ports of a table.
    init(portCount: Int, numbers: ContiguousArray<UInt16>) {
        self.portCount = portCount
        first = numbers.first
        if numbers.count > 1 { several = numbers }
    }

    var startIndex: Int { 0 }
    var endIndex: Int { several.isEmpty ? first == nil ? 0 : 1 : several.count }

    subscript(index: Int) -> UInt16 {
        several.isEmpty ? first ?? 0 : several[index]
    }

    /// Adds a number that may be there already; `seen` has those behind the first.
    mutating func add(_ number: UInt16, _ seen: inout Set<UInt16>) {
        guard let first else { return first = number }
        guard number != first, seen.insert(number).inserted else { return }
        if several.isEmpty { several.append(first) }
        several.append(number)
    }
}
