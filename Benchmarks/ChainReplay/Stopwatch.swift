import CReplayKernel

/// Times short operations on the calling thread.
///
/// Each round does an operation often enough to take ``roundTime``; the rounds' median is what it usually costs on this machine now, and
/// the least what it costs when nobody disturbs it.
struct Stopwatch {
    private(set) var costs: [Cost] = []
    private let rounds: Int
    /// What operations give is added up here, so that none of them is left out by the compiler.
    private(set) var sum = 0
    private static let roundTime: UInt64 = 10_000_000

    init(rounds: Int) {
        self.rounds = rounds
    }

    /// Times `body`, which is given a running number.
    mutating func time(_ name: String, _ body: (Int) -> Int) {
        var repetitions = 64
        // Until a round is long enough; that warms it up as well.
        while run(repetitions, body) < Self.roundTime, repetitions < 1 << 28 { repetitions *= 2 }
        var times: [UInt64] = []
        let before = replay_allocations()
        replay_count_allocations(1)
        let first = run(repetitions, body)
        replay_count_allocations(0)
        let allocations = Double(replay_allocations() &- before) / Double(repetitions)
        times.append(first)
        for _ in 1..<max(2, rounds) { times.append(run(repetitions, body)) }
        times.sort()
        let scale = 1 / Double(repetitions)
        costs.append(
            Cost(
                name: name, median: Double(times[times.count / 2]) * scale, least: Double(times[0]) * scale,
                allocations: allocations))
    }

    private mutating func run(_ repetitions: Int, _ body: (Int) -> Int) -> UInt64 {
        let start = replay_clock()
        for index in 0..<repetitions { sum &+= body(index) }
        return replay_clock() &- start
    }
}
