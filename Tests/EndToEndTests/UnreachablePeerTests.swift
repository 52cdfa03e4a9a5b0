import TestSupport
import Testing

extension EndToEnd {
    /// Askers to whom no reply can be sent: each costs its own reply and nothing else.
    @Suite("Unreachable peers")
    struct UnreachablePeerTests {
        static let mayForgeHeaders = (try? LoopbackSocket(.rawDatagram, connectedTo: 0)) != nil

        @Test(
            "a datagram from source port 0 stops no listener",
            .enabled(if: mayForgeHeaders, "forging a UDP header needs root"))
        func survivesPortZero() async throws {
            try await RunningServer.run(RunningServer.hosts) { server in
                let port = server.port
                let answered = try await onThread {
                    let raw = try LoopbackSocket(.rawDatagram, connectedTo: 0)
                    let forged = Self.datagram(from: 0, to: port, HostileDatagramTests.query)
                    let sockets = try (0..<64).map { _ in try LoopbackSocket(.datagram, connectedTo: port) }
                    // Mixed, so that both sorts stand in the same batch.
                    for socket in sockets {
                        try raw.send(forged)
                        try socket.send(HostileDatagramTests.query)
                        try raw.send(forged)
                    }
                    return try sockets.count { try $0.receive() != nil }
                }
                #expect(answered == 64)
                try await server.expectToBeWell()
            }
        }

        @Test("askers who are gone before their reply comes stop no listener")
        func survivesGoneAskers() async throws {
            try await RunningServer.run(RunningServer.hosts) { server in
                let port = server.port
                for _ in 0..<20 {
                    try await onThread {
                        for _ in 0..<50 {
                            let socket = try LoopbackSocket(.datagram, connectedTo: port)
                            try socket.send(HostileDatagramTests.query)
                        }
                    }
                    try await server.expectToBeWell()
                }
            }
        }

        /// A UDP datagram with its header; a checksum of zero means none (RFC 768).
        private static func datagram(from source: UInt16, to port: Int, _ payload: [UInt8]) -> [UInt8] {
            let length = payload.count + 8
            let fields = [source, UInt16(clamping: port), UInt16(clamping: length), 0]
            return fields.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } + payload
        }
    }
}
