import DNSWire
import Foundation
import ScriptedUpstream
import TestSupport
import Testing

extension EndToEnd {
    /// SIGUSR1: the Corefile is read again while queries come in.
    @Suite("Reload")
    struct ReloadTests {
        private static func hosts(_ address: String) -> String {
            "hosts {\n    \(address) one.example.org\n}"
        }

        private static func question() throws -> Question {
            Question(try Name(parsing: "one.example.org"), .A)
        }

        private static func count(_ text: String, in log: String) -> Int {
            log.components(separatedBy: text).count - 1
        }

        @Test("a good Corefile takes over under load and no query is lost")
        func takesOver() async throws {
            try await RunningServer.run(Self.hosts("192.0.2.1")) { server in
                let load = QueryLoad(asking: try Self.question(), port: server.port)
                for round in 1...6 {
                    try await load.waitForAnswers(200)
                    let address = "192.0.2.\(1 + round)"
                    try server.process.write(
                        RunningServer.corefile(port: server.port, Self.hosts(address)), to: "Corefile")
                    server.process.signal(SIGUSR1)
                    try await wait(for: "the answer \(address)", log: { server.process.log }) {
                        try await server.answers("one.example.org") == [address]
                    }
                }
                try await load.waitForAnswers(200)
                let tally = try await load.stop()
                #expect(tally.lost == 0 && tally.wrong == 0 && tally.refused == 0, "\(tally)")
            }
        }

        @Test("a broken Corefile leaves everything as it is, and the log says where it is wrong")
        func keepsOldConfiguration() async throws {
            try await RunningServer.run(Self.hosts("192.0.2.1")) { server in
                let load = QueryLoad(asking: try Self.question(), port: server.port)
                try await load.waitForAnswers(200)
                let wrongs = [
                    RunningServer.corefile(port: server.port, "nonsense"), "{",
                    RunningServer.corefile(port: server.port, "cache 0"),
                ]
                for broken in wrongs {
                    let before = Self.count("Corefile:", in: server.process.log)
                    try server.process.write(broken, to: "Corefile")
                    server.process.signal(SIGUSR1)
                    try await wait(for: "the error's place in the log", log: { server.process.log }) {
                        Self.count("Corefile:", in: server.process.log) > before
                    }
                    try await load.waitForAnswers(200)
                    try await server.expectToBeWell()
                }
                let tally = try await load.stop()
                #expect(tally.lost == 0 && tally.wrong == 0 && tally.refused == 0, "\(tally)")
            }
        }

        @Test("a reload after a broken Corefile works again")
        func recovers() async throws {
            try await RunningServer.run(Self.hosts("192.0.2.1")) { server in
                try server.process.write("{", to: "Corefile")
                server.process.signal(SIGUSR1)
                try await wait(for: "the error", log: { server.process.log }) {
                    server.process.log.contains("Corefile:")
                }
                try server.process.write(
                    RunningServer.corefile(port: server.port, Self.hosts("192.0.2.9")), to: "Corefile")
                server.process.signal(SIGUSR1)
                try await wait(for: "the new answer", log: { server.process.log }) {
                    try await server.answers("one.example.org") == ["192.0.2.9"]
                }
            }
        }

        @Test("what is in the cache stays there over a reload")
        func keepsCache() async throws {
            let zone = "test. 9 IN SOA ns.test. root.test. 1 2 3 4 5\nwww.test. 600 IN A 203.0.113.7\n"
            let upstream = ScriptedUpstream(zone: try UpstreamZone(text: zone))
            let forward = "forward . 127.0.0.1:\(try await upstream.start())"
            let name = try Name(parsing: "www.test")
            try await RunningServer.run("cache 300\n\(forward)") { server in
                #expect(try await server.answers("www.test") == ["203.0.113.7"])
                #expect(try await server.answers("www.test") == ["203.0.113.7"])
                #expect(upstream.queryCount(for: name) == 1)
                try server.process.write(
                    RunningServer.corefile(port: server.port, "errors\ncache 300\n\(forward)"), to: "Corefile")
                server.process.signal(SIGUSR1)
                try await wait(for: "the end of the reload", log: { server.process.log }) {
                    server.process.log.contains("Reloading complete")
                }
                #expect(try await server.answers("www.test") == ["203.0.113.7"])
                #expect(upstream.queryCount(for: name) == 1)
            }
            await upstream.stop()
        }
    }
}
