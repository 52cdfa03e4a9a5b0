import DNSWire
import TestSupport
import Testing

extension EndToEnd {
    /// A server that is its own upstream.
    @Suite("Loop")
    struct LoopTests {
        // It takes as long as a loop must last: eight seconds.
        @Test("a loop is a warning first, and when it lasts the end, with status 1 and CoreDNS's words")
        func ends() async throws {
            let port = try FreePort.take()
            let corefile = RunningServer.corefile(port: port, "errors\nloop\nforward . 127.0.0.1:\(port)")
            let (exit, log) = try await ServerProcessUnderTest.run(.init(corefile: corefile)) { process in
                try await process.waitUntilListening(on: port)
                return (try await process.waitForExit(within: .seconds(60)), process.log)
            }
            #expect(exit == .status(1))
            let lines = log.split(separator: "\n")
            let warning = lines.firstIndex { $0.hasPrefix("[WARNING] plugin/loop: Loop (127.0.0.1:") }
            let end = lines.firstIndex { line in
                line.hasPrefix("[FATAL] plugin/loop: Loop (127.0.0.1:")
                    && line.contains(
                        "-> 127.0.0.1:\(port)) detected for zone \".\", "
                            + "see https://coredns.io/plugins/loop#troubleshooting. Query: \"HINFO ")
            }
            #expect(try #require(warning, "\(log)") < (try #require(end, "\(log)")))
        }
    }
}
