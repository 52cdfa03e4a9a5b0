import DNSWire
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// `timeouts`, from the Corefile to the connection.
    @Suite("Timeouts")
    struct TimeoutsTests {
        private static func settings(_ line: String) -> String {
            "timeouts {\n    \(line)\n}\n\(RunningServer.hosts)"
        }

        /// How many of `count` queries of one connection are answered before it ends.
        private static func answered(_ count: UInt16, _ server: RunningServer) async throws -> Int {
            let port = server.port
            return try await onThread {
                let conversation = try Conversation(port: port)
                for id in 1...count { try conversation.send([0, UInt8(id)] + HostileDatagramTests.query.dropFirst(2)) }
                var replies = 0
                while replies < count, try conversation.receive() != nil { replies += 1 }
                return replies
            }
        }

        @Test("maxtcpqueries bounds the queries of a connection, and a reload changes that for new ones")
        func queryLimit() async throws {
            try await RunningServer.run(Self.settings("maxtcpqueries 3")) { server in
                #expect(try await Self.answered(20, server) == 3)
                try server.process.write(
                    RunningServer.corefile(port: server.port, Self.settings("maxtcpqueries -1")), to: "Corefile")
                server.process.signal(SIGUSR1)
                try await wait(for: "the end of the reload", log: { server.process.log }) {
                    server.process.log.contains("Reloading complete")
                }
                #expect(try await Self.answered(20, server) == 20)
            }
        }

        @Test("read and idle are the times of a real connection", arguments: ["read", "idle"])
        func times(option: String) async throws {
            try await RunningServer.run(Self.settings("\(option) 1s")) { server in
                let port = server.port
                let (isAtEnd, time) = try await onThread {
                    let conversation = try Conversation(port: port)
                    if option == "idle" {
                        try conversation.send(HostileDatagramTests.query)
                        _ = try conversation.receive()
                    }
                    let start = ContinuousClock.now
                    _ = try conversation.receive(within: .seconds(20))
                    return (conversation.isAtEnd, ContinuousClock.now - start)
                }
                #expect(isAtEnd && time > .milliseconds(900) && time < .seconds(20))
            }
        }
    }
}
