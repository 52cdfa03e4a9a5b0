import DNSWire
import Foundation
import ScriptedUpstream
import TestSupport
import Testing

extension EndToEnd {
    /// How the process ends.
    @Suite("Shutdown")
    struct ShutdownTests {
        @Test("SIGTERM with lameduck: every query that came while there was a listener is answered")
        func losesNoQuery() async throws {
            let health = try FreePort.take()
            let directives = "health 127.0.0.1:\(health) {\n    lameduck 500ms\n}\n" + RunningServer.hosts
            try await RunningServer.run(directives) { server in
                try await server.process.waitUntilListening(on: health)
                let load = QueryLoad(
                    asking: Question(try Name(parsing: "one.example.org"), .A), port: server.port)
                try await load.waitForAnswers(500)
                let before = load.tally.answered
                let start = ContinuousClock.now
                server.process.signal(SIGTERM)
                let tally = try await load.untilAllHaveEnded()
                #expect(tally.lost == 0 && tally.wrong == 0, "\(tally)")
                #expect(tally.refused == 8, "\(tally)")
                #expect(tally.answered > before, "queries are answered while lameduck lasts")
                #expect(ContinuousClock.now - start >= .milliseconds(450), "lameduck lasts as long as it says")
                #expect(try await server.process.waitForExit() == .status(0))
            }
        }

        @Test("SIGTERM and SIGINT end the process with status 0", arguments: [SIGTERM, SIGINT])
        func ends(signal: Int32) async throws {
            try await RunningServer.run(RunningServer.hosts) { server in
                server.process.signal(signal)
                let exit = try await server.process.waitForExit()
                #expect(exit == .status(0), "\(server.process.log)")
            }
        }

        @Test("SIGTERM as soon as the port is open ends the process with status 0", arguments: 0..<8)
        func endsEarly(round: Int) async throws {
            let port = try FreePort.take()
            let corefile = RunningServer.corefile(port: port, RunningServer.hosts)
            try await ServerProcessUnderTest.run(.init(corefile: corefile)) { process in
                try await onThread {
                    let end = ContinuousClock.now + .seconds(15)
                    while (try? LoopbackSocket(.stream, connectedTo: port)) == nil, ContinuousClock.now < end {}
                }
                process.signal(SIGTERM)
                let exit = try await process.waitForExit()
                #expect(exit == .status(0), "\(process.log)")
            }
        }

        @Test("SIGTERM ends a start that waits for the API server")
        func endsStart() async throws {
            let corefile = RunningServer.corefile(
                port: try FreePort.take(),
                "kubernetes cluster.local {\n    endpoint http://127.0.0.1:1\n    startup_timeout 1h\n}")
            try await ServerProcessUnderTest.run(.init(corefile: corefile)) { process in
                try await wait(for: "the start", log: { process.log }) {
                    process.log.contains("waiting for Kubernetes API before starting server")
                }
                process.signal(SIGTERM)
                let exit = try await process.waitForExit()
                #expect(exit == .status(0), "\(process.log)")
            }
        }

        @Test("SIGHUP is ignored, as CoreDNS ignores it, and so is SIGUSR2", arguments: [SIGHUP, SIGUSR2])
        func ignoresHangup(_ signal: Int32) async throws {
            try await RunningServer.run(RunningServer.hosts) { server in
                server.process.signal(signal)
                try await server.expectToBeWell()
            }
        }

        @Test("a query that waits for its upstream when SIGTERM comes is answered", arguments: [false, true])
        func answersWhatWaits(overTCP: Bool) async throws {
            let zone = "test. 9 IN SOA ns.test. root.test. 1 2 3 4 5\nslow.test. 60 IN A 203.0.113.7\n"
            let upstream = ScriptedUpstream(zone: try UpstreamZone(text: zone))
            upstream.faults.delay = .milliseconds(400)
            let name = try Name(parsing: "slow.test")
            let port = try await upstream.start()
            try await RunningServer.run("forward . 127.0.0.1:\(port)") { server in
                async let reply = server.ask("slow.test", overTCP: overTCP)
                try await wait(for: "the query at the upstream") { upstream.queryCount(for: name) > 0 }
                server.process.signal(SIGTERM)
                #expect(try await reply?.answers.map(\.data.text) == ["203.0.113.7"])
                #expect(try await server.process.waitForExit() == .status(0))
            }
            await upstream.stop()
        }
    }
}
