import DNSWire
import TestSupport
import Testing

extension EndToEnd {
    /// Name servers that only listen for UDP, or only for TCP.
    @Suite(
        "Upstreams with one transport",
        .enabled(if: Command.path(of: NameServerProgram.unbound.rawValue) != nil, "unbound is not installed"))
    struct OneTransportTests {
        /// How the upstream is asked, and who gets an answer; the others get SERVFAIL.
        struct Case: Sendable, CustomTestStringConvertible {
            var options: String
            var overUDP: Bool
            var overTCP: Bool
            var testDescription: String { options.isEmpty ? "no options" : options }
        }

        @Test(
            "an upstream without UDP: what came over TCP is answered, and with force_tcp all",
            arguments: [
                Case(options: "", overUDP: false, overTCP: true),
                Case(options: "force_tcp", overUDP: true, overTCP: true),
            ])
        func onlyTCP(asked: Case) async throws {
            try await expectAnswers("do-udp: no", asked)
        }

        @Test(
            "an upstream without TCP: what came over UDP is answered, with prefer_udp all, with force_tcp nothing",
            arguments: [
                Case(options: "", overUDP: true, overTCP: false),
                Case(options: "force_tcp", overUDP: false, overTCP: false),
                Case(options: "prefer_udp", overUDP: true, overTCP: true),
            ])
        func onlyUDP(asked: Case) async throws {
            try await expectAnswers("do-tcp: no", asked)
        }

        private func expectAnswers(_ line: String, _ asked: Case) async throws {
            let zone = Zone("narrow.example", records: "host A 192.0.2.1")
            try await NameServer.run(.unbound, .init(zones: [zone], serverLines: line)) { upstream in
                try await RunningServer.run("forward . 127.0.0.1:\(upstream.port) {\n    \(asked.options)\n}") {
                    server in
                    // More often than probes may fail.
                    for _ in 0..<5 {
                        for (overTCP, isAnswered) in [(false, asked.overUDP), (true, asked.overTCP)] {
                            let reply = try await server.ask(
                                "host.narrow.example", overTCP: overTCP, within: .seconds(8))
                            #expect(
                                reply?.responseCode == (isAnswered ? .noError : .serverFailure), "\(server.process.log)"
                            )
                            #expect(reply?.answers.map(\.data.text) == (isAnswered ? ["192.0.2.1"] : []))
                        }
                    }
                }
            }
        }
    }
}
