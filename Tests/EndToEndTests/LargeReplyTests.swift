import DNSWire
import TestSupport
import Testing

extension EndToEnd {
    /// Replies that are longer than a datagram may be.
    @Suite("Large replies")
    struct LargeReplyTests {
        private static let addresses = (1...200).map { "192.0.2.\($0)" }
        private static let directives =
            "hosts {\n" + addresses.map { "    \($0) big.example.org\n" }.joined() + "}"

        @Test(
            "over UDP a reply keeps to the asker's size, whole records only, and has TC",
            arguments: [nil, 512, 1_232] as [UInt16?])
        func truncates(size: UInt16?) async throws {
            try await RunningServer.run(Self.directives) { server in
                let name = try Name(parsing: "big.example.org")
                let query = Message(
                    id: 7, asking: Question(name, .A), edns: size.map { EDNS(payloadSize: $0) }
                ).encoded()
                let port = server.port
                let octets = try #require(try await onThread { try Asking.datagram(query, port: port) })
                #expect(octets.count <= Int(size ?? 512))
                let reply = try Message(decoding: octets.span)
                #expect(reply.flags.isTruncated)
                #expect(reply.trailingLength == 0)
                #expect((reply.edns != nil) == (size != nil))
                #expect(Set(reply.answers.map(\.data.text)).isSubset(of: Self.addresses))
            }
        }

        @Test("over TCP, and over UDP to an asker with room, the same reply is whole")
        func givesAll() async throws {
            try await RunningServer.run(Self.directives) { server in
                let overTCP = try #require(try await server.ask("big.example.org", overTCP: true))
                #expect(!overTCP.flags.isTruncated)
                #expect(overTCP.answers.map(\.data.text).sorted() == Self.addresses.sorted())
                let overUDP = try #require(
                    try await server.ask("big.example.org", edns: EDNS(payloadSize: 65_535)))
                #expect(!overUDP.flags.isTruncated)
                #expect(overUDP.answers.count == 200)
            }
        }
    }
}
