import DNSWire
import ScriptedUpstream
import TestSupport
import Testing

extension EndToEnd {
    /// Connections: pipelined, slow, half-closed, idle and hostile ones.
    @Suite("TCP")
    struct StreamTests {
        private static func query(_ name: String, id: UInt16) throws -> [UInt8] {
            Message(id: id, asking: Question(try Name(parsing: name), .A)).encoded()
        }

        @Test("many queries in one write are all answered, each with its ID", arguments: [2, 500])
        func answersPipelinedQueries(count: UInt16) async throws {
            try await RunningServer.run(RunningServer.hosts) { server in
                let port = server.port
                let replies = try await onThread {
                    let conversation = try Conversation(port: port)
                    let queries = try (1...count).flatMap { id in
                        let name = id.isMultiple(of: 2) ? "two.example.org" : "one.example.org"
                        return Conversation.framed(try Self.query(name, id: id))
                    }
                    try conversation.sendRaw(queries)
                    return try (1...count).compactMap { _ in
                        try conversation.receive().map { try Message(decoding: $0.span) }
                    }
                }
                #expect(Set(replies.map(\.id)) == Set(1...count))
                for reply in replies {
                    let expected = reply.id.isMultiple(of: 2) ? "192.0.2.2" : "192.0.2.1"
                    #expect(reply.answers.map(\.data.text) == [expected])
                }
            }
        }

        @Test(
            "RFC 7828 §3.3.2: who looks for it is told how long the connection may be idle",
            arguments: [("", 100), ("timeouts {\nidle 90s\n}\n", 900), ("timeouts {\nidle 2h\n}\n", 0xFFFF)]
                as [(String, UInt16)])
        func tellsIdleTime(timeouts: String, tenths: UInt16) async throws {
            try await RunningServer.run(timeouts + RunningServer.hosts) { server in
                let port = server.port
                let reply = try await onThread {
                    let conversation = try Conversation(port: port)
                    let edns = EDNS(options: [EDNSOption(.tcpKeepalive)])
                    let question = Question(try Name(parsing: "one.example.org"), .A)
                    try conversation.send(Message(id: 1, asking: question, edns: edns).encoded())
                    return try conversation.receive().map { try Message(decoding: $0.span) }
                }
                let time = [UInt8(tenths >> 8), UInt8(tenths & 0xFF)]
                #expect(reply?.edns?.options == [EDNSOption(.tcpKeepalive, time)])
            }
        }

        /// Runs `body` with a server that forwards `slow.test` to an upstream that takes its time.
        private static func withSlowUpstream(_ body: (RunningServer) async throws -> Void) async throws {
            let zone = "test. 9 IN SOA ns.test. root.test. 1 2 3 4 5\nslow.test. 60 IN A 203.0.113.7\n"
            let upstream = ScriptedUpstream(zone: try UpstreamZone(text: zone))
            upstream.faults.delay = .milliseconds(300)
            let directives = """
                hosts {
                    192.0.2.1 one.example.org
                    fallthrough
                }
                forward . 127.0.0.1:\(try await upstream.start())
                """
            try await RunningServer.run(directives, body)
            await upstream.stop()
        }

        @Test("RFC 7766 §6.2.1.1: a query that waits for its upstream does not hold up the one behind it")
        func answersOutOfOrder() async throws {
            try await Self.withSlowUpstream { server in
                let port = server.port
                let order = try await onThread {
                    let conversation = try Conversation(port: port)
                    try conversation.send(try Self.query("slow.test", id: 1))
                    try conversation.send(try Self.query("one.example.org", id: 2))
                    return try (0..<2).compactMap { _ in try conversation.receive()?[1] }
                }
                #expect(order == [2, 1])
            }
        }

        @Test("an asker who has closed its sending half gets the replies still to come, and then the end")
        func answersHalfClosed() async throws {
            try await Self.withSlowUpstream { server in
                let port = server.port
                let (replies, isAtEnd) = try await onThread {
                    let conversation = try Conversation(port: port)
                    for id in 1...20 { try conversation.send(try Self.query("slow.test", id: UInt16(id))) }
                    conversation.finishSending()
                    let replies = try (0..<20).compactMap { _ in try conversation.receive() }
                    _ = try conversation.receive()
                    return (replies.count, conversation.isAtEnd)
                }
                #expect(replies == 20)
                #expect(isAtEnd)
            }
        }

        @Test("a query that comes octet by octet is answered")
        func answersSlowWriter() async throws {
            try await RunningServer.run(RunningServer.hosts) { server in
                let port = server.port
                let received = try await onThread {
                    let conversation = try Conversation(port: port)
                    for octet in Conversation.framed(HostileDatagramTests.query) { try conversation.sendRaw([octet]) }
                    return try conversation.receive()
                }
                let octets = try #require(received)
                let reply = try Message(decoding: octets.span)
                #expect(reply.answers.count == 1)
            }
        }

        // The only test that waits for a time of the server's own: ten seconds, CoreDNS's.
        @Test("a connection that says nothing is closed by itself, not before its time")
        func closesIdleConnections() async throws {
            try await RunningServer.run(RunningServer.hosts) { server in
                let port = server.port
                let (replied, isAtEnd, time) = try await onThread {
                    let conversation = try Conversation(port: port)
                    try conversation.send(HostileDatagramTests.query)
                    let replied = try conversation.receive() != nil
                    let start = ContinuousClock.now
                    _ = try conversation.receive(within: .seconds(20))
                    return (replied, conversation.isAtEnd, ContinuousClock.now - start)
                }
                #expect(replied)
                #expect(isAtEnd)
                #expect(time > .seconds(2))
            }
        }

        @Test("a malformed message costs its own reply; the connection goes on")
        func goesOnAfterMalformedMessages() async throws {
            try await RunningServer.run(RunningServer.hosts) { server in
                let port = server.port
                for malformed in HostileDatagramTests.table {
                    let replies = try await onThread {
                        let conversation = try Conversation(port: port)
                        try conversation.send(malformed.octets)
                        try conversation.send([0x77] + HostileDatagramTests.query.dropFirst())
                        var replies: [[UInt8]] = []
                        while let reply = try conversation.receive() {
                            replies.append(reply)
                            // Replies may overtake each other.
                            if replies.count == (malformed.code == nil ? 1 : 2) { break }
                        }
                        return replies
                    }
                    let name = malformed.testDescription
                    #expect(replies.contains { $0.first == 0x77 }, "\(name)")
                    guard let code = malformed.code else { continue }
                    let codes = replies.filter { $0.first != 0x77 }.map { $0[3] & 0xF }
                    #expect(codes == [UInt8(code.rawValue)], "\(name)")
                }
                try await server.expectToBeWell()
            }
        }

        @Test("random streams, broken off anywhere, do not stop the server", arguments: [4, 5] as [UInt64])
        func survivesNoise(seed: UInt64) async throws {
            try await RunningServer.run(RunningServer.hosts) { server in
                let port = server.port
                try await onThread {
                    var random = SeededRandom(seed: seed)
                    for _ in 0..<150 {
                        let conversation = try Conversation(port: port)
                        let messages = (0..<4).flatMap { _ in
                            Conversation.framed(HostileDatagramTests.noise(&random))
                        }
                        let cut = Int.random(in: 0...messages.count, using: &random)
                        // The server may have closed the connection: that is an answer too.
                        try? conversation.sendRaw(Array(messages.prefix(cut)))
                        if Bool.random(using: &random) { conversation.finishSending() }
                    }
                }
                try await server.expectToBeWell()
                #expect(try await server.answers("one.example.org", overTCP: true) == ["192.0.2.1"])
            }
        }
    }
}
