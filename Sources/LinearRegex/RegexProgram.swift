/// A pattern as instructions for the machine.
struct RegexProgram: Sendable {
    static let maximumInstructions = 32_768
    /// Bounds the memory that a match needs for captures.
    static let maximumCells = 1 << 21

    enum Instruction: Sendable {
        case byte(UInt8)
        case set(Int)
        case jump(Int)
        /// Tries the first way before the second.
        case split(Int, Int)
        case save(Int)
        case assertion(RegexAssertion)
        case match
    }

    private(set) var instructions: [Instruction] = []
    private(set) var sets: [ByteSet] = []
    /// Two for each group, the whole match included.
    let slotCount: Int
    /// What a match can begin with; nil when it can be empty.
    private(set) var firstBytes: ByteSet?
    /// Whether a match can begin at the begin of the text only.
    private(set) var isAnchored = false

    init(_ tree: RegexNode, groups: Int) throws(RegexError) {
        slotCount = groups * 2
        try emit(tree)
        try append(.match)
        guard instructions.count * slotCount <= Self.maximumCells else {
            throw RegexError("pattern too large: \(groups) groups in \(instructions.count) instructions", at: 0)
        }
        firstBytes = findFirstBytes()
        isAnchored = findAnchor()
    }

    @discardableResult
    private mutating func append(_ instruction: Instruction) throws(RegexError) -> Int {
        guard instructions.count < Self.maximumInstructions else {
            throw RegexError("pattern too large: more than \(Self.maximumInstructions) instructions", at: 0)
        }
        instructions.append(instruction)
        return instructions.count - 1
    }

    private mutating func emit(_ node: RegexNode) throws(RegexError) {
        switch node {
        case .empty: break
        case .set(let set): try emit(set)
        case .assertion(let assertion): try append(.assertion(assertion))
        case .capture(let group, let node):
            try append(.save(group * 2))
            try emit(node)
            try append(.save(group * 2 + 1))
        case .concatenation(let nodes):
            for node in nodes { try emit(node) }
        case .alternation(let nodes): try emit(alternatives: nodes)
        case .repetition(let node, let minimum, let maximum, let isGreedy):
            try emit(node, minimum: minimum, maximum: maximum, isGreedy: isGreedy)
        }
    }

    private mutating func emit(_ set: ByteSet) throws(RegexError) {
        if let byte = set.onlyByte {
            try append(.byte(byte))
        } else {
            let index = sets.firstIndex(of: set) ?? sets.count
            if index == sets.count { sets.append(set) }
            try append(.set(index))
        }
    }

    private mutating func emit(alternatives nodes: [RegexNode]) throws(RegexError) {
        var jumps: [Int] = []
        for node in nodes.dropLast() {
            let split = try append(.split(0, 0))
            try emit(node)
            jumps.append(try append(.jump(0)))
            instructions[split] = .split(split + 1, instructions.count)
        }
        if let last = nodes.last { try emit(last) }
        for jump in jumps { instructions[jump] = .jump(instructions.count) }
    }

    private mutating func emit(
        _ node: RegexNode, minimum: Int, maximum: Int?, isGreedy: Bool
    ) throws(RegexError) {
        if case .empty = node { return }
        guard let maximum else {
            if minimum == 0 { return try emitStar(node, isGreedy: isGreedy) }
            for _ in 1..<minimum { try emit(node) }
            return try emitPlus(node, isGreedy: isGreedy)
        }
        for _ in 0..<minimum { try emit(node) }
        // x{0,3} is (x(x(x)?)?)?: all splits leave to the same place.
        var splits: [Int] = []
        for _ in minimum..<maximum {
            splits.append(try append(.split(0, 0)))
            try emit(node)
        }
        for split in splits {
            instructions[split] = Self.split(split + 1, instructions.count, isGreedy: isGreedy)
        }
    }

    private mutating func emitStar(_ node: RegexNode, isGreedy: Bool) throws(RegexError) {
        let split = try append(.split(0, 0))
        if node.isNullable {
            // (x+)? tries the ways in the right order when x can match nothing.
            try emitPlus(node, isGreedy: isGreedy)
        } else {
            try emit(node)
            try append(.jump(split))
        }
        instructions[split] = Self.split(split + 1, instructions.count, isGreedy: isGreedy)
    }

    private mutating func emitPlus(_ node: RegexNode, isGreedy: Bool) throws(RegexError) {
        let start = instructions.count
        try emit(node)
        let split = try append(.split(0, 0))
        instructions[split] = Self.split(start, split + 1, isGreedy: isGreedy)
    }

    private static func split(_ inside: Int, _ outside: Int, isGreedy: Bool) -> Instruction {
        isGreedy ? .split(inside, outside) : .split(outside, inside)
    }

    private func findFirstBytes() -> ByteSet? {
        var result = ByteSet()
        var seen = [Bool](repeating: false, count: instructions.count)
        var open = [0]
        while let index = open.popLast() {
            guard !seen[index] else { continue }
            seen[index] = true
            switch instructions[index] {
            case .match: return nil
            case .byte(let byte): result.insert(byte...byte)
            case .set(let set): result.formUnion(sets[set])
            case .jump(let target): open.append(target)
            case .split(let one, let other): open += [one, other]
            case .save, .assertion: open.append(index + 1)
            }
        }
        return result
    }

    private func findAnchor() -> Bool {
        for instruction in instructions {
            switch instruction {
            case .save: continue
            case .assertion(.beginText): return true
            default: return false
            }
        }
        return false
    }
}
