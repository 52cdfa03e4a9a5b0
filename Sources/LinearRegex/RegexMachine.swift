/// Runs a program over a text, all its threads at once and a byte at a time.
///
/// Threads stand in the order of preference. Each instruction holds at most one thread a byte, which bounds the time.
/// *Source*: Rob Pike's machine, as Russ Cox, "Regular Expression Matching: the Virtual Machine Approach", describes it.
struct RegexMachine {
    private let program: RegexProgram
    private var walker: RegexWalker
    private var current: RegexThreads
    private var following: RegexThreads
    /// Where the groups of the preferred match begin and end; -1 for a group that took no part.
    private(set) var result: [Int] = []

    init(_ program: RegexProgram, captures: Bool) {
        self.program = program
        walker = RegexWalker(program, slotCount: captures ? program.slotCount : 0)
        current = RegexThreads(size: program.instructions.count, slotCount: walker.slots.count)
        following = current
    }

    /// How many instructions were visited: the measure that is bounded.
    var steps: Int {
        walker.steps
    }

    /// - Returns: whether there is a match; without captures, at the first sight of one.
    mutating func run(_ text: Span<UInt8>) -> Bool {
        var hasMatch = false
        var position = 0
        while position <= text.count {
            if current.order.isEmpty {
                guard !hasMatch, let start = nextStart(text, from: position) else { break }
                position = start
            }
            if !hasMatch, position == 0 || !program.isAnchored {
                walker.clear(beginningAt: position)
                walker.follow(from: 0, text, at: position, into: &current)
            }
            if step(text, at: position) {
                hasMatch = true
                if walker.slots.isEmpty { return true }
            }
            swap(&current, &following)
            following.order.removeAll(keepingCapacity: true)
            position += 1
        }
        return hasMatch
    }

    /// The next place that a match can begin at.
    private func nextStart(_ text: Span<UInt8>, from position: Int) -> Int? {
        if program.isAnchored { return position == 0 ? 0 : nil }
        guard let first = program.firstBytes else { return position }
        var place = position
        while place < text.count, !first.contains(text[place]) { place += 1 }
        return place < text.count ? place : nil
    }

    /// Moves every thread over the byte here; a match ends the threads that stand after it.
    private mutating func step(_ text: Span<UInt8>, at position: Int) -> Bool {
        for thread in current.order {
            let isTaken: Bool
            switch program.instructions[thread] {
            case .byte(let byte): isTaken = position < text.count && text[position] == byte
            case .set(let set): isTaken = position < text.count && program.sets[set].contains(text[position])
            case .match:
                walker.load(thread, from: current)
                result = walker.slots
                if !result.isEmpty { result[1] = position }
                return true
            default: isTaken = false
            }
            guard isTaken else { continue }
            walker.load(thread, from: current)
            walker.follow(from: thread + 1, text, at: position + 1, into: &following)
        }
        return false
    }
}

/// The instructions that have a thread, in the order of preference, with the captures of each.
struct RegexThreads {
    var order: [Int] = []
    /// Where an instruction stands in `order`; looked at together with it, so it need never be cleared.
    private var place: [Int]
    /// As many for each instruction as a thread has slots.
    var slots: [Int]

    init(size: Int, slotCount: Int) {
        place = [Int](repeating: 0, count: size)
        slots = [Int](repeating: -1, count: size * slotCount)
    }

    /// - Returns: whether it was not there yet.
    mutating func insert(_ index: Int) -> Bool {
        let known = place[index]
        if known < order.count, order[known] == index { return false }
        place[index] = order.count
        order.append(index)
        return true
    }
}
