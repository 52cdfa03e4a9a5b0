import ArgumentParser
import Glibc
import Logging

/// Has the real server answer queries of a sort, with a kernel that is played: for benchmarks only.
///
/// Everything of the server is at work but the system: no packet is sent, the worker's clock and its chance come from a script, so that
/// every run does the same work. It prints a line for each shape, columns parted by tabulators.
@main
struct ChainReplay: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chain-replay", abstract: "Answers queries in one process without a network, for benchmarks.")

    @Option(
        help: ArgumentHelp(
            "What is asked: \(Shape.allCases.map(\.rawValue).joined(separator: ", ")); all of them unless said.",
            discussion:
                "With +N behind it, N allocations are made for each query on purpose, to see that they are found.",
            valueName: "shape"))
    var shape: [Replay] = []

    @Option(help: "How many queries are measured for each shape.")
    var queries = 20_000

    @Option(help: "How many queries have arrived each time that the worker looks.")
    var batch = 16

    @Flag(help: "Times the parts that a query passes, each alone, after the shapes.")
    var micro = false

    @Option(help: "How often each part is timed; the median and the least are printed.")
    var rounds = 15

    func validate() throws {
        guard (2...10_000).contains(rounds) else { throw ValidationError("--rounds takes 2 to 10000") }
        guard (1...100_000_000).contains(queries) else { throw ValidationError("--queries takes 1 to 100000000") }
        guard (1...64).contains(batch) else { throw ValidationError("--batch takes 1 to 64") }
    }

    /// Waits for the task with a plain system call: what Swift does with an asynchronous `main` is too much for valgrind.
    func run() throws {
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = .warning
            return handler
        }
        let command = self
        Task {
            do {
                try await command.replay()
                Glibc.exit(0)
            } catch {
                Self.exit(withError: error)
            }
        }
        while true { pause() }
    }

    private func replay() async throws {
        let server = try await ReplayServer()
        defer { server.removeFiles() }
        print(Figures.heading)
        for replay in shape.isEmpty ? Shape.allCases.map({ Replay(shape: $0) }) : shape {
            print(try await replay.run(on: server, queries: queries, batch: batch).line)
        }
        guard micro else { return }
        // The names that a cache hit is timed with may have been driven out of the cache by others.
        _ = try await Replay(shape: .cached).run(on: server, queries: queries, batch: batch)
        print(Cost.heading)
        for cost in try await MicroBenchmarks.run(on: server, rounds: rounds) { print(cost.line) }
    }
}

extension Replay: ExpressibleByArgument {
    /// Reads `SHAPE` or `SHAPE+N`.
    init?(argument: String) {
        let parts = argument.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        guard let shape = Shape(rawValue: String(parts[0])) else { return nil }
        guard let wasted = parts.count == 2 ? Int(parts[1]) : 0, (0...1_000).contains(wasted) else { return nil }
        self.init(shape: shape, wasted: wasted)
    }
}
