import ArgumentParser
import Glibc
import Logging

/// Has the real server answer queries of a sort, with a kernel that is played: for benchmarks only.
///
/// Everything of the server is at work but the system: no packet is sent, the worker's clock and its chance come from a script, so that
/// every run does the same work. It prints a line for each shape, columns parted by tabulators.
@main
struct ChainReplay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chain-replay", abstract: "Answers queries in one process without a network, for benchmarks.")

    @Option(help: "What is asked: \(Shape.allCases.map(\.rawValue).joined(separator: ", ")); all of them unless said.")
    var shape: [String] = []

    @Option(help: "How many queries are measured for each shape.")
    var queries = 20_000

    @Option(help: "How many queries have arrived each time that the worker looks.")
    var batch = 16

    @Option(help: "Allocations that are made for each query on purpose, to see that they are found.")
    var waste = 0

    private var shapes: [Shape] { shape.isEmpty ? Shape.allCases : shape.compactMap(Shape.init) }

    func validate() throws {
        guard shapes.count == max(shape.count, 1) || shape.isEmpty else { throw ValidationError("no such shape") }
        guard (1...100_000_000).contains(queries) else { throw ValidationError("--queries takes 1 to 100000000") }
        guard (1...64).contains(batch) else { throw ValidationError("--batch takes 1 to 64") }
        guard (0...1_000).contains(waste) else { throw ValidationError("--waste takes 0 to 1000") }
    }

    func run() async throws {
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = .warning
            return handler
        }
        let server = try await ReplayServer()
        print(Figures.heading)
        do {
            for shape in shapes {
                print(try await Replay(queries: queries, batch: batch, wasted: waste).run(shape, on: server).line)
            }
        } catch {
            await server.end()
            throw error
        }
        await server.end()
    }
}
