import DNSWire
import TestSupport
import Testing

extension EndToEnd {
    /// What strangers may send over UDP.
    @Suite("Hostile datagrams")
    struct HostileDatagramTests {
        /// A datagram, and the response code that it gets; none for silence.
        struct Malformed: Sendable, CustomTestStringConvertible {
            var testDescription: String
            var octets: [UInt8]
            var code: ResponseCode?

            init(_ description: String, _ octets: [UInt8], _ code: ResponseCode? = nil) {
                testDescription = description
                self.octets = octets
                self.code = code
            }
        }

        /// one.example.org A IN, ID 0x1234, RD.
        static let query: [UInt8] = [
            0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0,
            3, 0x6F, 0x6E, 0x65, 7, 0x65, 0x78, 0x61, 0x6D, 0x70, 0x6C, 0x65, 3, 0x6F, 0x72, 0x67, 0, 0, 1, 0, 1,
        ]

        private static func query(_ changes: [Int: UInt8]) -> [UInt8] {
            var octets = query
            for (index, octet) in changes { octets[index] = octet }
            return octets
        }

        private static let header: [UInt8] = Array(query.prefix(12))

        private static func query(adding octets: [UInt8]) -> [UInt8] {
            query([11: 1]) + octets
        }

        /// A query whose question section is `octets`.
        private static func question(_ octets: [UInt8]) -> [UInt8] {
            header + octets
        }

        /// Four labels of 63 octets: with the root one octet too long.
        private static let longName: [UInt8] = {
            let label = [UInt8(63)] + [UInt8](repeating: 0x61, count: 63)
            return label + label + label + label + [0]
        }()

        static let table: [Malformed] = [
            Malformed("nothing", []),
            Malformed("eleven octets", Array(query.prefix(11))),
            Malformed("a reply", query([2: 0x81])),
            Malformed("a reply that is cut short", Array(query([2: 0x81]).prefix(13))),
            Malformed("opcode IQUERY", query([2: 0x08]), .notImplemented),
            Malformed("opcode STATUS", query([2: 0x10]), .notImplemented),
            Malformed("opcode UPDATE", query([2: 0x28]), .notImplemented),
            Malformed("opcode 15", query([2: 0x78]), .notImplemented),
            Malformed("no question", query([5: 0]), .formatError),
            Malformed("two questions promised", query([5: 2]), .formatError),
            Malformed("65,535 questions promised", query([4: 0xFF, 5: 0xFF]), .formatError),
            Malformed("two answers promised", query([7: 2]), .formatError),
            Malformed("two authority records promised", query([9: 2]), .formatError),
            Malformed("three additional records promised", query([11: 3]), .formatError),
            Malformed("a name without end", Array(query.prefix(24)), .formatError),
            Malformed("no class", Array(query.dropLast(2)), .formatError),
            Malformed("a label longer than the message", query([12: 60]), .formatError),
            Malformed("label type 01", query([12: 0x43]), .formatError),
            Malformed("label type 10", query([12: 0x83]), .formatError),
            Malformed("a pointer to itself", question([0xC0, 0x0C, 0, 1, 0, 1]), .formatError),
            Malformed("a pointer past the end", question([0xC1, 0x00, 0, 1, 0, 1]), .formatError),
            Malformed("a name of 257 octets", question(longName + [0, 1, 0, 1]), .formatError),
            Malformed(
                "a record whose data runs past the end", query(adding: [0, 0, 1, 0, 1, 0, 0, 0, 0, 0xFF, 0xFF]),
                .formatError),
            Malformed(
                "an EDNS option that runs past its record",
                query(adding: [0, 0, 41, 4, 0xD0, 0, 0, 0, 0, 0, 4, 0, 10, 0, 8]), .formatError),
        ]

        @Test("a malformed datagram gets FORMERR, NOTIMP or silence, and the next query its answer")
        func answersMalformedDatagrams() async throws {
            try await RunningServer.run(RunningServer.hosts) { server in
                let port = server.port
                for malformed in Self.table {
                    // The good query follows at once from the same socket: its reply alone means silence to the first.
                    let replies = try await onThread {
                        let socket = try LoopbackSocket(.datagram, connectedTo: port)
                        try socket.send(malformed.octets)
                        try socket.send(Self.query([0: 0x77]))
                        var replies: [[UInt8]] = []
                        while let reply = try socket.receive() {
                            replies.append(reply)
                            if reply.first == 0x77 { break }
                        }
                        return replies
                    }
                    let name = malformed.testDescription
                    #expect(replies.last?.first == 0x77, "\(name): the good query has no reply")
                    #expect(replies.count == (malformed.code == nil ? 1 : 2), "\(name): \(replies)")
                    guard let code = malformed.code, let reply = replies.first else { continue }
                    #expect(reply.count == 12, "\(name): header alone, got \(reply)")
                    #expect(reply.prefix(2) == [0x12, 0x34], "\(name): the ID goes back")
                    #expect(reply[2] & 0x80 != 0 && reply[3] & 0xF == UInt8(code.rawValue), "\(name): \(reply)")
                }
                try await server.expectToBeWell()
            }
        }

        @Test("EDNS of another version gets BADVERS with an OPT record of version 0")
        func answersBadVersion() async throws {
            try await RunningServer.run(RunningServer.hosts) { server in
                let reply = try #require(
                    try await server.ask("one.example.org", edns: EDNS(payloadSize: 1_232, version: 1)))
                #expect(reply.responseCode == .badVersion)
                #expect(reply.edns?.version == 0)
                #expect(reply.answers.isEmpty)
            }
        }

        @Test(
            "thousands of random, damaged and cut datagrams do not stop the server", arguments: [1, 2, 3] as [UInt64])
        func survivesNoise(seed: UInt64) async throws {
            try await RunningServer.run(RunningServer.hosts) { server in
                let port = server.port
                let unreadable = try await onThread {
                    var random = SeededRandom(seed: seed)
                    var unreadable: [[UInt8]] = []
                    let socket = try LoopbackSocket(.datagram, connectedTo: port)
                    for round in 0..<100 {
                        for _ in 0..<30 { try socket.send(Self.noise(&random)) }
                        let mark = UInt8(round)
                        try socket.send(Self.query([0: 0x77, 1: mark]))
                        while let reply = try socket.receive() {
                            if (try? Message(decoding: reply.span)) == nil { unreadable.append(reply) }
                            if reply.prefix(2) == [0x77, mark] { break }
                        }
                    }
                    return unreadable
                }
                #expect(unreadable.isEmpty)
                try await server.expectToBeWell()
            }
        }

        /// Random octets, a query with a few octets changed, or one that is cut and lengthened.
        static func noise(_ random: inout SeededRandom) -> [UInt8] {
            switch UInt.random(in: 0..<3, using: &random) {
            case 0:
                let count = Int.random(in: 0..<600, using: &random)
                return octets(count, &random)
            case 1:
                var octets = query
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    octets[Int.random(in: 0..<octets.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                return octets
            default:
                var cut = Array(query.prefix(Int.random(in: 12...query.count, using: &random)))
                cut += octets(Int.random(in: 0..<40, using: &random), &random)
                cut[11] = UInt8.random(in: 0...2, using: &random)
                return cut
            }
        }

        private static func octets(_ count: Int, _ random: inout SeededRandom) -> [UInt8] {
            (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
    }
}
