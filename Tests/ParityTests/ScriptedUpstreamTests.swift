import DNSWire
import ScriptedUpstream
import TestSupport
import Testing

/// The resolver that stands behind `forward` in these tests, held to its own rules.
@Suite("Scripted upstream")
struct ScriptedUpstreamTests {
    private static func ask(
        _ name: String, _ type: RecordType = .A, edns: EDNS? = nil, overTCP: Bool = false, count: Int = 1,
        faults: UpstreamFaults = UpstreamFaults(), within time: Duration = .seconds(5)
    ) async throws -> [[UInt8]] {
        let upstream = ScriptedUpstream(zone: try UpstreamZone(text: Fixtures.text("upstream.zone")))
        upstream.faults = faults
        let port = try await upstream.start()
        let query = Message(id: 0x1234, asking: Question(try Name(parsing: name), type), edns: edns).encoded()
        let replies = try await onThread {
            var replies: [[UInt8]] = []
            for _ in 0..<count {
                if overTCP {
                    if let reply = try Asking.stream(query, port: port, within: time) { replies.append(reply) }
                } else {
                    let socket = try LoopbackSocket(.datagram, connectedTo: port)
                    try socket.send(query)
                    if let reply = try socket.receive(within: time) { replies.append(reply) }
                }
            }
            return replies
        }
        await upstream.stop()
        return replies
    }

    private static func reply(
        _ name: String, _ type: RecordType = .A, edns: EDNS? = nil, overTCP: Bool = false,
        faults: UpstreamFaults = UpstreamFaults()
    ) async throws -> Message {
        let octets = try #require(
            try await ask(name, type, edns: edns, overTCP: overTCP, faults: faults).first)
        return try Message(decoding: octets.span)
    }

    @Test("an alias is followed, and the first owner keeps the asker's case", arguments: [false, true])
    func followsAliases(overTCP: Bool) async throws {
        let reply = try await Self.reply("AliaS.interwebs.test", overTCP: overTCP)
        #expect(
            reply.answers.map(\.text) == [
                "AliaS.interwebs.test. 90 IN CNAME www.interwebs.test.",
                "www.interwebs.test. 60 IN A 203.0.113.10", "www.interwebs.test. 60 IN A 203.0.113.11",
                "www.interwebs.test. 60 IN A 203.0.113.12",
            ])
        #expect(reply.flags.recursionAvailable && reply.flags.recursionDesired && !reply.flags.isAuthoritative)
    }

    @Test("what is not there is denied with the SOA")
    func denies() async throws {
        let absent = try await Self.reply("nope.interwebs.test")
        #expect(absent.responseCode == .nameError && absent.authorities.map(\.type) == [.SOA])
        let otherType = try await Self.reply("only4.interwebs.test", .AAAA)
        #expect(otherType.responseCode == .noError && otherType.authorities.map(\.type) == [.SOA])
    }

    @Test("names ask for failures by their first label")
    func fails() async throws {
        #expect(try await Self.reply("ServFail.interwebs.test").responseCode == .serverFailure)
        #expect(try await Self.reply("refused.interwebs.test").responseCode == .refused)
        #expect(try await Self.ask("drop.interwebs.test", within: .milliseconds(200)).isEmpty)
    }

    @Test("what the asker has no room for over UDP is TC without records")
    func truncates() async throws {
        let small = try await Self.reply("big.interwebs.test")
        #expect(small.flags.isTruncated && small.answers.isEmpty)
        let roomy = try await Self.reply("big.interwebs.test", edns: EDNS(payloadSize: 4_096, dnssecOK: true))
        #expect(!roomy.flags.isTruncated && roomy.answers.count == 60)
        #expect(roomy.edns == EDNS(payloadSize: 4_096, dnssecOK: true))
        #expect(try await Self.reply("big.interwebs.test", overTCP: true).answers.count == 60)
    }

    @Test("faults: another ID, another question, half a message, every second query dropped, a delay")
    func goesWrong() async throws {
        var faults = UpstreamFaults()
        faults.hasWrongID = true
        #expect(try await Self.reply("ext.interwebs.test", faults: faults).id == ~0x1234)
        faults = UpstreamFaults()
        faults.hasWrongQuestion = true
        let other = try await Self.reply("ext.interwebs.test", faults: faults)
        #expect(other.questions.map(\.text) == ["elsewhere.test. IN A"])
        faults = UpstreamFaults()
        faults.isCutShort = true
        let cut = try #require(try await Self.ask("ext.interwebs.test", faults: faults).first)
        #expect(throws: WireError.self) { try Message(decoding: cut.span) }
        faults = UpstreamFaults()
        faults.dropShare = 0.5
        let some = try await Self.ask("ext.interwebs.test", count: 6, faults: faults, within: .milliseconds(200))
        #expect(some.count == 3)
        faults = UpstreamFaults()
        faults.delay = .milliseconds(80)
        let start = ContinuousClock.now
        _ = try await Self.reply("ext.interwebs.test", faults: faults)
        #expect(ContinuousClock.now - start >= .milliseconds(80))
    }
}
