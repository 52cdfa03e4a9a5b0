import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Lines for debugging come and go with the configuration.
    @Suite("Debug")
    struct DebugTests {
        /// Sends a query that says that it has two questions, and waits for its refusal.
        private static func sendMalformed(_ server: RunningServer) async throws {
            let octets: [UInt8] = [0x12, 0x34, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1]
            let port = server.port
            let reply = try await onThread { try Asking.datagram(octets, port: port) }
            #expect(reply?[3] == 0x01)
        }

        private static func count(_ server: RunningServer) -> Int {
            server.process.log.components(separatedBy: "[DEBUG] FORMERR to 127.0.0.1:").count - 1
        }

        private static func reload(_ server: RunningServer, _ directives: String, _ number: Int) async throws {
            try server.process.write(
                RunningServer.corefile(port: server.port, directives + RunningServer.hosts), to: "Corefile")
            server.process.signal(SIGUSR1)
            try await wait(for: "the end of the reload", log: { server.process.log }) {
                server.process.log.components(separatedBy: "Reloading complete").count - 1 == number
            }
        }

        @Test("refused messages are shown with debug, and no longer after a reload without it")
        func reloads() async throws {
            try await RunningServer.run(RunningServer.hosts) { server in
                try await Self.sendMalformed(server)
                try await Self.reload(server, "debug\n", 1)
                try await Self.sendMalformed(server)
                try await wait(for: "the line", log: { server.process.log }) {
                    server.process.log.contains(
                        """
                        debug: 000000 12 34 01 00 00 02 00 00 00 00 00 00 00 00 01 00
                        debug: 000010 01
                        debug: 000011

                        """)
                }
                try await Self.reload(server, "", 2)
                try await Self.sendMalformed(server)
                // What the worker writes now comes after what it could have written about the message.
                try await Self.reload(server, "debug\n", 3)
                try await Self.sendMalformed(server)
                try await wait(for: "the second line", log: { server.process.log }) { Self.count(server) >= 2 }
                #expect(Self.count(server) == 2, "\(server.process.log)")
            }
        }
    }
}
