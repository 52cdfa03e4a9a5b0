import DNSWire
import TestSupport
import Testing

extension EndToEnd {
    /// Two servers that forward to each other, without `loop`.
    @Suite("Circle")
    struct CircleTests {
        private static let subnet = EDNS(options: [EDNSOption(EDNSOptionCode(rawValue: 8), [0, 1, 24, 0, 192, 0, 2])])

        @Test(
            "one query, with an option or without, is answered SERVFAIL and goes round a bounded number of times",
            arguments: [nil, subnet])
        func endsSoon(edns: EDNS?) async throws {
            let (one, other) = (try FreePort.take(), try FreePort.take())
            let body = "errors\nprometheus 127.0.0.1:0\nforward . 127.0.0.1:"
            let second = ServerProcessUnderTest.Setup(corefile: RunningServer.corefile(port: other, "\(body)\(one)"))
            let metrics = try FreePort.take()
            let directives = "errors\nprometheus 127.0.0.1:\(metrics)\nforward . 127.0.0.1:\(other)"
            let first = ServerProcessUnderTest.Setup(corefile: RunningServer.corefile(port: one, directives))
            try await ServerProcessUnderTest.run(first) { process in
                try await process.waitUntilListening(on: one)
                try await ServerProcessUnderTest.run(second) { beside in
                    try await beside.waitUntilListening(on: other)
                    let server = RunningServer(process: process, port: one)
                    let reply = try await server.ask("circle.test", edns: edns, within: .seconds(8))
                    #expect(reply?.responseCode == .serverFailure)
                    let text = try #require(try await Web.get("/metrics", port: metrics)).body
                    let sent = text.split(separator: "\n").first { $0.hasPrefix("coredns_forward_requests_total{") }
                    let count = Int(try #require(sent?.split(separator: " ").last)) ?? 0
                    #expect((1...500).contains(count), "\(text)")
                }
            }
        }
    }
}
