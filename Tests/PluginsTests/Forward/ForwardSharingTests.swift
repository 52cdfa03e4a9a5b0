import DNSWire
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("Identical queries that are under way at the same time")
struct ForwardSharingTests {
    private func waitUntil(_ fixture: ForwardFixture, waits count: Int) async throws {
        try await wait(within: .seconds(60), for: "\(count) queries") { await fixture.waiting() == count }
    }

    @Test("many ask, one goes to the upstream, and each gets the reply under its own ID and in its own case")
    func shared() async throws {
        let gate = QuestionGate()
        let upstream = try await ScriptedDatagrams { query, from in gate.take(query, from) }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(upstream.port)")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask {
                    let name = number % 2 == 0 ? "a.test" : "A.tEsT"
                    let outcome = try await fixture.ask(name, id: UInt16(number))
                    #expect(outcome.reply.id == UInt16(number))
                    #expect(outcome.reply.questions.map(\.name.text) == [name + "."])
                    #expect(outcome.reply.answers.map(\.data.text) == ["192.0.2.1"])
                }
            }
            try await waitUntil(fixture, waits: 50)
            // Later messages are repeats of the same question, since nothing was answered.
            gate.open(upstream)
            try await group.waitForAll()
        }
        let ids = gate.held.withLock { Set($0.map { Array($0[..<2]) }) }
        #expect(ids.count == 1)
        let metrics = fixture.plugin.groups[0].metrics
        #expect(fixture.registry.total(metrics.shared) == 49)
        await fixture.retire()
    }

    @Test("who asks for something else, or otherwise, asks by itself")
    func different() async throws {
        let gate = QuestionGate()
        let upstream = try await ScriptedDatagrams { query, from in gate.take(query, from) }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(upstream.port)")
        let subnet: [UInt8] = [0, 8, 0, 7, 0, 1, 24, 0, 192, 0, 2]
        let messages = [
            Message(id: 1, asking: Question(try Name(parsing: "a.test"), .A)),
            Message(id: 2, asking: Question(try Name(parsing: "b.test"), .A)),
            Message(id: 3, asking: Question(try Name(parsing: "a.test"), .AAAA)),
            Message(id: 4, asking: Question(try Name(parsing: "a.test"), .A), edns: EDNS(payloadSize: 1_232)),
            Message(id: 5, asking: Question(try Name(parsing: "a.test"), .A), edns: EDNS(payloadSize: 4_096)),
            Message(
                id: 6, asking: Question(try Name(parsing: "a.test"), .A), edns: EDNS(payloadSize: 1_232, dnssecOK: true)
            ),
        ].map { $0.encoded() }
        var withSubnet = messages[3]
        withSubnet[withSubnet.count - 1] = UInt8(subnet.count)
        withSubnet += subnet
        var checkingDisabled = messages[0]
        checkingDisabled[3] |= 0x10
        let all = messages + [withSubnet, withSubnet, checkingDisabled]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for octets in all {
                group.addTask {
                    let outcome = try await fixture.outcome(octets)
                    #expect(outcome?.reply.answers.count == 1)
                }
            }
            try await waitUntil(fixture, waits: all.count)
            gate.open(upstream)
            try await group.waitForAll()
        }
        // Each has an ID of its own; two may have drawn the same.
        let ids = gate.held.withLock { Set($0.map { Array($0[..<2]) }) }
        #expect((all.count - 1...all.count).contains(ids.count))
        await fixture.retire()
    }

    @Test("cookies do not keep queries apart")
    func cookies() async throws {
        let gate = QuestionGate()
        let upstream = try await ScriptedDatagrams { query, from in gate.take(query, from) }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(upstream.port)")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let question = Question(try Name(parsing: "a.test"), .A)
                    var octets = Message(id: UInt16(number), asking: question, edns: EDNS(payloadSize: 1_232)).encoded()
                    octets[octets.count - 1] = 12
                    octets += [0, 10, 0, 8] + [UInt8](repeating: UInt8(number), count: 8)
                    let outcome = try await fixture.outcome(octets)
                    #expect(outcome?.reply.answers.count == 1)
                }
            }
            try await waitUntil(fixture, waits: 8)
            gate.open(upstream)
            try await group.waitForAll()
        }
        let ids = gate.held.withLock { Set($0.map { Array($0[..<2]) }) }
        #expect(ids.count == 1)
        await fixture.retire()
    }

    @Test("RFC 7873 §5.3: nobody gets another's cookie with a shared reply; what is said about the reply, all get")
    func foreignCookie() async throws {
        let gate = QuestionGate()
        let upstream = try await ScriptedDatagrams { query, _ in
            gate.take(query).map { reply in
                var message = (try? Message(decoding: reply.span)) ?? Message(id: 0)
                let cookie = (try? Message(decoding: query.span))?.edns?.options.first { $0.code == .cookie }
                message.edns = EDNS(options: [EDNSOption(.extendedError, [0, 3])] + [cookie].compactMap(\.self))
                return message.encoded()
            }
        }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(upstream.port)")
        try await withThrowingTaskGroup(of: [EDNSOption].self) { group in
            for number: UInt8 in 1...4 {
                group.addTask {
                    let cookie = EDNSOption(.cookie, Array(repeating: number, count: 8))
                    let question = Question(try Name(parsing: "a.test"), .A)
                    let query = Message(id: UInt16(number), asking: question, edns: EDNS(options: [cookie]))
                    let reply = try #require(try await fixture.outcome(query.encoded())).reply
                    let options = reply.edns?.options ?? []
                    #expect(options.contains { $0.code == .extendedError })
                    #expect(options.allSatisfy { $0.code != .cookie || $0 == cookie })
                    return options
                }
            }
            try await waitUntil(fixture, waits: 4)
            gate.open()
            try await group.waitForAll()
        }
        await fixture.retire()
    }

    @Test("when the one that asked fails, those that waited for it fail with the same reason")
    func failure() async throws {
        let dead = try await ScriptedDatagrams { _, _ in [] }
        try await dead.close()
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(dead.port)")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let outcome = try await fixture.ask("a.test", id: UInt16(number))
                    #expect(outcome.reply.responseCode == .serverFailure)
                    #expect(outcome.reason.hasSuffix("connection refused"))
                }
            }
            try await group.waitForAll()
        }
        #expect(await fixture.waiting() == 0)
        await fixture.retire()
    }

    @Test("when the one that asked is given up for newer queries, another takes its place")
    func givenUp() async throws {
        let gate = QuestionGate()
        let upstream = try await ScriptedDatagrams { query, from in gate.take(query, from) }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(upstream.port)", waiting: 2)
        async let first = fixture.outcome("a.test")
        try await waitUntil(fixture, waits: 1)
        async let second = fixture.outcome("a.test")
        try await waitUntil(fixture, waits: 2)
        async let third = fixture.outcome("b.test")
        // The first has gone: it was the oldest.
        let lost = try await first
        #expect(lost == nil)
        gate.open(upstream)
        let (kept, newest) = (try await second, try await third)
        #expect(kept?.reply.answers.map(\.owner.text) == ["a.test."])
        #expect(newest?.reply.answers.map(\.owner.text) == ["b.test."])
        await fixture.retire()
    }

    @Test("when the configuration ends all are told")
    func ended() async throws {
        let upstream = try await ScriptedDatagrams { _, _ in [] }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(upstream.port)")
        async let first = fixture.ask("a.test")
        async let second = fixture.ask("a.test")
        try await waitUntil(fixture, waits: 2)
        await fixture.retire()
        #expect(try await first.reply.responseCode == .serverFailure)
        #expect(try await second.reply.responseCode == .serverFailure)
    }
}
