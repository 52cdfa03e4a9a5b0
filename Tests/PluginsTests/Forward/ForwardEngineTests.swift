import DNSWire
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

@Suite struct ForwardEngineTests {
    @Test("the reply comes back under the asker's ID, with the question in the asker's case and the upstream's flags")
    func reply() async throws {
        let upstream = try await ScriptedDatagrams { query, _ in [ScriptedReply.answer(query)] }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(upstream.port)")
        let outcome = try await fixture.ask("WwW.example.test", id: 4_711)
        #expect(outcome.reply.id == 4_711)
        #expect(outcome.reply.questions.map(\.name.text) == ["WwW.example.test."])
        #expect(outcome.reply.answers.map(\.text) == ["WwW.example.test. 60 IN A 192.0.2.1"])
        #expect(outcome.reply.flags.recursionAvailable && !outcome.reply.flags.isAuthoritative)
        await fixture.retire()
    }

    @Test("the asker's message goes out as it came, but for the ID; IDs and ports are not to be foretold")
    func query() async throws {
        let seen = Mutex<[(id: [UInt8], rest: [UInt8], port: UInt16)]>([])
        let upstream = try await ScriptedDatagrams { query, port in
            // Probes, of an upstream that was late, ask for the root.
            guard query[12] != 0 else { return [] }
            seen.withLock { $0.append((Array(query[..<2]), Array(query[2...]), port)) }
            return [ScriptedReply.answer(query)]
        }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(upstream.port)")
        for _ in 0..<64 { _ = try await fixture.ask("a.test") }
        let sent = Message(id: 0, asking: Question(try Name(parsing: "a.test"), .A), edns: EDNS(payloadSize: 1_232))
        let (ids, ports) = seen.withLock { seen in
            #expect(seen.allSatisfy { $0.rest == Array(sent.encoded()[2...]) })
            return (Set(seen.map(\.id)), Set(seen.map(\.port)))
        }
        #expect(await fixture.identifiersInUse() == 0)
        #expect(ids.count > 50)
        // Four at a time; on a slow machine a socket may be replaced meanwhile.
        #expect((4...8).contains(ports.count))
        await fixture.retire()
    }

    @Test("what is no reply to the query is ignored, however near it comes, and the true reply is waited for")
    func ignored() async throws {
        let upstream = try await ScriptedDatagrams { query, _ in
            let good = ScriptedReply.answer(query)
            var otherID = good
            otherID[1] ^= 1
            var otherQuestion = ScriptedReply.answer(query, address: 0xC000_0266)
            otherQuestion[13] ^= 1
            let header = Array(good[..<12])
            return [
                [], [1], Array(good[..<2]), header, otherID, otherQuestion, query, good, good,
            ]
        }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(upstream.port)")
        let outcome = try await fixture.ask("a.test")
        #expect(outcome.reply.answers.map(\.text) == ["a.test. 60 IN A 192.0.2.1"])
        let text = String(decoding: fixture.registry.exposition(.prometheus), as: UTF8.self)
        let to = "to=\"127.0.0.1:\(upstream.port)\""
        #expect(text.contains("needletail_forward_ignored_replies_total{reason=\"wrong_question\",\(to)} 3"))
        #expect(text.contains("needletail_forward_ignored_replies_total{reason=\"malformed\",\(to)} 3"))
        await fixture.retire()
    }

    @Test("replies in another order than the queries find their askers")
    func outOfOrder() async throws {
        let upstream = try await ScriptedDatagrams(holding: 32)
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(upstream.port)")
        let names = await withTaskGroup(of: [String].self) { group in
            for number in 0..<32 {
                group.addTask {
                    let reply = try? await fixture.ask("n\(number).test", id: UInt16(number)).reply
                    #expect(reply?.id == UInt16(number))
                    #expect(reply?.answers.map(\.owner.text) == ["n\(number).test."])
                    return reply?.answers.map(\.owner.text) ?? []
                }
            }
            return await group.reduce(into: Set()) { $0.formUnion($1) }
        }
        #expect(names.count == 32)
        await fixture.retire()
    }

    @Test("an upstream at whose port nobody listens is followed by the next, at once, and probed")
    func refused() async throws {
        let dead = try await ScriptedDatagrams { _, _ in [] }
        try await dead.close()
        let upstream = try await ScriptedDatagrams { query, _ in [ScriptedReply.answer(query)] }
        let fixture = try ForwardFixture(
            """
            forward . 127.0.0.1:\(dead.port) 127.0.0.1:\(upstream.port) {
                policy sequential
            }
            """)
        let outcome = try await fixture.ask("a.test")
        #expect(outcome.reply.responseCode == .noError)
        // Probing has begun, so nobody else may.
        #expect(!fixture.plugin.groups[0].upstreams[0].beginProbing())
        await fixture.retire()
        #expect(fixture.plugin.groups[0].upstreams[0].beginProbing())
    }

    @Test("when no upstream can be reached the answer is SERVFAIL, and the reason is told")
    func unreachable() async throws {
        let dead = try await ScriptedDatagrams { _, _ in [] }
        try await dead.close()
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(dead.port)")
        let outcome = try await fixture.ask("a.test")
        #expect(outcome.reply.responseCode == .serverFailure)
        #expect(outcome.reason.hasPrefix("read udp 127.0.0.1:"))
        #expect(outcome.reason.hasSuffix("->127.0.0.1:\(dead.port): read: connection refused"))
        await fixture.retire()
    }

    @Test("a refusal without a question is passed on with its code")
    func bareRefusal() async throws {
        let upstream = try await ScriptedDatagrams { query, _ in
            [Array(query[..<2]) + [0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0]]
        }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(upstream.port)")
        let outcome = try await fixture.ask("a.test")
        #expect(outcome.reply.responseCode == .formatError)
        #expect(outcome.reply.questions.count == 1)
        await fixture.retire()
    }

    @Test("a truncated reply goes to the asker as it is, also when it ends in the middle of a record")
    func truncated() async throws {
        for isDamaged in [false, true] {
            let upstream = try await ScriptedDatagrams { query, _ in
                var reply = ScriptedReply.answer(query, isTruncated: true)
                if isDamaged { reply[7] = 1 }
                return [reply]
            }
            let fixture = try ForwardFixture("forward . 127.0.0.1:\(upstream.port)")
            let outcome = try await fixture.ask("a.test")
            #expect(outcome.reply.flags.isTruncated)
            #expect(outcome.reply.answers.isEmpty)
            await fixture.retire()
        }
    }

    @Test("prefer_udp: what is truncated is asked again over TCP, all else is not")
    func preferUDP() async throws {
        let streamed = Mutex(0)
        let (datagrams, stream) = try await ScriptedStream.besideDatagrams(
            datagrams: { query in
                let reply = ScriptedReply.answer(query.octets, isTruncated: query.octets[13] == UInt8(ascii: "l"))
                return [(reply, query.port)]
            },
            stream: { _, _, query in
                streamed.withLock { $0 += 1 }
                return [.send(ScriptedReply.answer(query))]
            })
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(stream.port) {\nprefer_udp\n}")
        for name in ["short.test", "long.test"] {
            #expect(try await fixture.ask(name, over: .tcp).reply.answers.count == 1)
        }
        #expect(streamed.withLock { $0 } == 1)
        await fixture.retire()
        try await stream.close()
        try await datagrams.close()
    }

    @Test("of more queries than max_concurrent the rest is refused, until others are done")
    func maxConcurrent() async throws {
        let upstream = try await ScriptedDatagrams { _, _ in [] }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(upstream.port) {\nmax_concurrent 1\n}")
        async let first = fixture.ask("a.test")
        try await wait(within: .seconds(60), for: "the first query") { await fixture.waiting() > 0 }
        let second = try await fixture.ask("b.test")
        #expect(second.reply.responseCode == .refused)
        #expect(second.reason == "concurrent queries exceeded maximum 1")
        #expect(fixture.registry.total(fixture.plugin.groups[0].metrics.rejects) == 1)
        await fixture.retire()
        #expect(try await first.reply.responseCode == .serverFailure)
        #expect(fixture.plugin.groups[0].admit())
    }

    @Test("the first line whose zone fits takes the query; without one it goes on")
    func groups() async throws {
        let one = try await ScriptedDatagrams { query, _ in [ScriptedReply.answer(query, address: 1)] }
        let two = try await ScriptedDatagrams { query, _ in [ScriptedReply.answer(query, address: 2)] }
        let fixture = try ForwardFixture(
            "forward a.test 127.0.0.1:\(one.port)\nforward test 127.0.0.1:\(two.port) {\nexcept no.test\n}")
        #expect(try await fixture.ask("x.a.test").reply.answers.map(\.data.text) == ["0.0.0.1"])
        #expect(try await fixture.ask("x.test").reply.answers.map(\.data.text) == ["0.0.0.2"])
        for name in ["x.example", "x.no.test"] {
            let outcome = try await fixture.ask(name)
            #expect(outcome.reply.responseCode == .serverFailure)
            #expect(outcome.reason == "plugin/forward: no next plugin found")
        }
        await fixture.retire()
    }
}
