/// Follows a thread through the instructions that take no byte.
struct RegexWalker {
    private let program: RegexProgram
    /// The captures of the thread that is being followed; empty when nobody wants them.
    private(set) var slots: [Int]
    private(set) var steps = 0
    private var open: [Work] = []

    private enum Work {
        case visit(Int)
        case restore(slot: Int, value: Int)
    }

    init(_ program: RegexProgram, slotCount: Int) {
        self.program = program
        slots = [Int](repeating: -1, count: slotCount)
    }

    /// Begins a new thread.
    mutating func clear(beginningAt position: Int) {
        for slot in slots.indices { slots[slot] = slot == 0 ? position : -1 }
    }

    /// Goes on with the captures of a thread.
    mutating func load(_ thread: Int, from threads: RegexThreads) {
        for slot in slots.indices { slots[slot] = threads.slots[thread * slots.count + slot] }
    }

    /// Adds all instructions that are reached without taking a byte, the preferred ones first.
    mutating func follow(from start: Int, _ text: Span<UInt8>, at position: Int, into threads: inout RegexThreads) {
        open.append(.visit(start))
        while let work = open.popLast() {
            switch work {
            case .restore(let slot, let value): slots[slot] = value
            case .visit(let index):
                steps += 1
                if threads.insert(index) { visit(index, text, at: position, into: &threads) }
            }
        }
    }

    private mutating func visit(_ index: Int, _ text: Span<UInt8>, at position: Int, into threads: inout RegexThreads) {
        switch program.instructions[index] {
        case .jump(let target): open.append(.visit(target))
        case .split(let preferred, let other):
            open.append(.visit(other))
            open.append(.visit(preferred))
        case .save(let slot):
            if !slots.isEmpty {
                open.append(.restore(slot: slot, value: slots[slot]))
                slots[slot] = position
            }
            open.append(.visit(index + 1))
        case .assertion(let assertion):
            if assertion.holds(in: text, at: position) { open.append(.visit(index + 1)) }
        case .byte, .set, .match:
            for slot in slots.indices { threads.slots[index * slots.count + slot] = slots[slot] }
        }
    }
}

extension RegexAssertion {
    /// Whether it holds before the byte at `position`.
    func holds(in text: Span<UInt8>, at position: Int) -> Bool {
        let before = position > 0 ? text[position - 1] : nil
        let after = position < text.count ? text[position] : nil
        switch self {
        case .beginText: return before == nil
        case .endText: return after == nil
        case .beginLine: return before == nil || before == UInt8(ascii: "\n")
        case .endLine: return after == nil || after == UInt8(ascii: "\n")
        case .wordBoundary: return Self.isWord(before) != Self.isWord(after)
        case .noWordBoundary: return Self.isWord(before) == Self.isWord(after)
        }
    }

    private static func isWord(_ byte: UInt8?) -> Bool {
        byte.map { ByteSet.word.contains($0) } ?? false
    }
}
