import DNSWire
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Standard output and standard error that nobody reads.
    @Suite("Unread output")
    struct UnreadOutputTests {
        /// Both streams go to a pipe with a reader that does not read.
        private static let unread = ["/bin/sh", "-c", "mkfifo pipe && exec 3<>pipe && exec \"$@\" >pipe 2>&1", "sh"]

        @Test("queries, reloads, health and metrics go on; what found no room is counted; SIGTERM is obeyed")
        func goesOn() async throws {
            let (health, metrics) = (try FreePort.take(), try FreePort.take())
            let directives = "health 127.0.0.1:\(health)\nprometheus 127.0.0.1:\(metrics)\nlog\n" + RunningServer.hosts
            try await RunningServer.run(directives, prefix: Self.unread) { server in
                try await server.process.waitUntilListening(on: metrics)
                let load = QueryLoad(asking: Question(try Name(parsing: "one.example.org"), .A), port: server.port)
                for _ in 0..<200 {
                    server.process.signal(SIGUSR1)
                    try await Task.sleep(for: .milliseconds(5))
                }
                try await load.waitForAnswers(10_000)
                try await wait(for: "dropped lines") {
                    let page = try await Web.get("/metrics", port: metrics)?.body ?? ""
                    let line = page.split(separator: "\n").first { $0.hasPrefix("needletail_log_lines_dropped_total ") }
                    return (line?.split(separator: " ").last.flatMap { Double($0) } ?? 0) > 0
                }
                #expect(try await Web.get("/health", port: health)?.status == 200)
                let start = ContinuousClock.now
                server.process.signal(SIGTERM)
                #expect(try await server.process.waitForExit() == .status(0))
                #expect(ContinuousClock.now - start < .seconds(2))
                let tally = try await load.untilAllHaveEnded()
                #expect(tally.lost == 0 && tally.wrong == 0, "\(tally)")
            }
        }
    }
}
