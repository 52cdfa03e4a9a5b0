import DNSWire
import Telemetry
import Testing

@testable import DNSServer
@testable import Plugins

@Suite struct CacheHandlerTests {
    let second = CacheFixture.second

    @Test("a hit is the stored reply with the asker's ID, question and flags, AA set, and what is left of the TTL")
    func hit() throws {
        let fixture = try CacheFixture()
        let reply = CacheReply(answers: ["a.test 60 A", "a.test 90 A 192.0.2.2"], authorities: ["test 70 NS"])
        try fixture.reply(try fixture.query("a.test"), reply, at: 5 * second)
        let answer = try #require(try fixture.answer(try fixture.query("a.test"), at: 15 * second + second / 2))
        #expect(answer.id == 77)
        #expect(answer.flags.isResponse && answer.flags.isAuthoritative && answer.flags.recursionAvailable)
        #expect(answer.flags.recursionDesired && !answer.flags.isTruncated && !answer.flags.authenticData)
        #expect(
            answer.answers.map(\.text) == ["a.test. 50 IN A 192.0.2.1", "a.test. 50 IN A 192.0.2.2"])
        #expect(answer.authorities.map(\.text) == ["test. 50 IN NS ns.test."])
    }

    @Test("the first reply has the one TTL already that those from the cache will have")
    func miss() throws {
        let fixture = try CacheFixture("cache 30")
        let query = try fixture.query("a.test")
        try fixture.reply(query, CacheReply(answers: ["a.test 60 A"], additionals: ["ns.test 900 A"]))
        let reply = query.reply
        let message = try Message(decoding: reply.bytes)
        #expect((message.answers + message.additionals).map(\.ttl) == [30, 30])
        #expect(!message.flags.isAuthoritative)
    }

    @Test("also a reply that is not kept gets one TTL")
    func flattened() throws {
        let fixture = try CacheFixture("cache 30 {\ndisable success\n}")
        let query = try fixture.query("a.test")
        try fixture.reply(query, CacheReply(answers: ["a.test 60 A"]))
        let reply = query.reply
        #expect(try Message(decoding: reply.bytes).answers.map(\.ttl) == [30])
        #expect(fixture.entries == 0)
    }

    @Test("an entry answers for whole seconds and not a moment longer", arguments: [(0, 5), (1, 4), (4, 1)])
    func expiry(_ passed: UInt64, _ left: UInt32) throws {
        let fixture = try CacheFixture("cache 5")
        let reply = CacheReply(answers: ["a.test 60 A"])
        #expect(try fixture.answerAfter(reply, to: "a.test", at: passed * second)?.answers.first?.ttl == left)
        #expect(try fixture.answer(try fixture.query("a.test"), at: 5 * second - 1)?.answers.first?.ttl == 1)
        #expect(try fixture.answer(try fixture.query("a.test"), at: 5 * second) == nil)
    }

    @Test("keepttl: answers keep the TTL that the reply came with")
    func keepTTL() throws {
        let fixture = try CacheFixture("cache {\nkeepttl\n}")
        let answer = try fixture.answerAfter(CacheReply(answers: ["a.test 60 A"]), to: "a.test", at: 59 * second)
        #expect(answer?.answers.first?.ttl == 60)
        #expect(try fixture.answer(try fixture.query("a.test"), at: 60 * second) == nil)
    }

    @Test("askers who differ in name, type, DO or CD do not share entries; those who differ in case or AD do")
    func keys() throws {
        let fixture = try CacheFixture()
        try fixture.reply(try fixture.query("a.test"), CacheReply(answers: ["a.test 60 A"]))
        #expect(try fixture.answer(try fixture.query("b.test")) == nil)
        #expect(try fixture.answer(try fixture.query("a.test", .AAAA)) == nil)
        #expect(try fixture.answer(try fixture.query("a.test", dnssecOK: true)) == nil)
        #expect(try fixture.answer(try fixture.query("a.test", checkingDisabled: true)) == nil)
        #expect(try fixture.answer(try fixture.query("a.test", dnssecOK: false)) != nil)
        #expect(try fixture.answer(try fixture.query("a.test", ad: true)) != nil)
        #expect(try fixture.answer(try fixture.query("A.TEST")) != nil)
    }

    @Test("an asker with another case gets its own question and the owner names as they were stored")
    func otherCase() throws {
        let fixture = try CacheFixture()
        let reply = CacheReply(
            answers: ["www.a.test 60 CNAME b.a.test", "b.a.test 60 A"], authorities: ["a.test 60 NS ns.a.test"])
        try fixture.reply(try fixture.query("www.a.test"), reply)
        let answer = try #require(try fixture.answer(try fixture.query("WwW.A.test"), at: second))
        #expect(answer.questions.map(\.name.text) == ["WwW.A.test."])
        #expect(
            answer.answers.map(\.text) == [
                "www.a.test. 59 IN CNAME b.a.test.", "b.a.test. 59 IN A 192.0.2.1",
            ])
        #expect(answer.authorities.map(\.text) == ["a.test. 59 IN NS ns.a.test."])
        #expect(answer.flags.isAuthoritative)
    }

    @Test("AD goes to those who asked by DO or AD, also from the cache")
    func authenticData() throws {
        let fixture = try CacheFixture()
        var reply = CacheReply(answers: ["a.test 60 A"])
        reply.flags |= MessageHeader.Flags.authenticData
        let first = try fixture.query("a.test")
        try fixture.reply(first, reply)
        #expect(!first.reply.header.flags.authenticData)
        #expect(try fixture.answer(try fixture.query("a.test"))?.flags.authenticData == false)
        #expect(try fixture.answer(try fixture.query("a.test", ad: true))?.flags.authenticData == true)
        let other = try fixture.query("b.test", dnssecOK: true)
        try fixture.reply(other, reply)
        #expect(other.reply.header.flags.authenticData)
    }

    @Test("an OPT record is not kept")
    func opt() throws {
        let fixture = try CacheFixture()
        let query = try fixture.query("a.test", dnssecOK: true)
        try fixture.reply(query, CacheReply(answers: ["a.test 60 A"], dnssecOK: true))
        let answer = try #require(try fixture.answer(try fixture.query("a.test", dnssecOK: true)))
        #expect(answer.edns == nil)
        #expect(answer.additionals.isEmpty)
    }

    @Test("a denial has its SOA, and counts down as well")
    func denial() throws {
        let fixture = try CacheFixture()
        let reply = CacheReply(code: .nameError, authorities: [CacheReply.soa])
        let answer = try #require(try fixture.answerAfter(reply, to: "no.test", at: 10 * second))
        #expect(answer.responseCode == .nameError)
        #expect(answer.authorities.map(\.ttl) == [50])
    }

    @Test("a failure that was kept does not hide an answer that is still good; a denial does")
    func failureAndAnswer() throws {
        let fixture = try CacheFixture()
        try fixture.reply(try fixture.query("a.test"), CacheReply(answers: ["a.test 60 A"]))
        try fixture.reply(try fixture.query("a.test"), CacheReply(code: .serverFailure))
        #expect(try fixture.answer(try fixture.query("a.test"))?.responseCode == .noError)
        #expect(try fixture.answerAfter(CacheReply(code: .serverFailure), to: "b.test")?.responseCode == .serverFailure)
        #expect(try fixture.answer(try fixture.query("b.test"), at: 5 * second) == nil)
        let denial = CacheReply(code: .nameError, authorities: [CacheReply.soa])
        #expect(try fixture.answerAfter(denial, to: "a.test")?.responseCode == .nameError)
        #expect(try fixture.answer(try fixture.query("a.test"), at: 59 * second)?.responseCode == .nameError)
    }

    @Test("bare replies of the server, and queries that were dropped, are left alone")
    func bare() throws {
        let fixture = try CacheFixture()
        let failed = try fixture.query("a.test")
        failed.failure = QueryFailure(.serverFailure)
        failed.beginReply(.serverFailure)
        failed.hasReply = true
        _ = fixture.handler.finish(failed)
        let dropped = try fixture.query("b.test")
        dropped.isDropped = true
        _ = fixture.handler.finish(dropped)
        #expect(fixture.entries == 0)
    }

    @Test("a failure of a plugin that does not know everything yet is passed on and not kept")
    func passing() throws {
        let fixture = try CacheFixture()
        for isKept in [false, true] {
            let query = try fixture.query("a.test")
            try fixture.take(query, CacheReply(code: .serverFailure))
            query.hasReply = true
            query.isShareable = isKept
            _ = fixture.handler.finish(query)
            #expect(query.responseCode == .serverFailure && fixture.entries == (isKept ? 1 : 0))
        }
    }

    @Test("disabled zones keep nothing of that kind, and everything of the other")
    func disabled() throws {
        let fixture = try CacheFixture("cache {\ndisable success no.test\ndisable denial never.test\n}")
        let answer = CacheReply(answers: ["a.no.test 60 A"])
        let denial = CacheReply(code: .nameError, authorities: [CacheReply.soa])
        #expect(try fixture.answerAfter(answer, to: "a.no.test") == nil)
        #expect(try fixture.answerAfter(denial, to: "b.no.test") != nil)
        #expect(try fixture.answerAfter(denial, to: "b.never.test") == nil)
        #expect(try fixture.answerAfter(CacheReply(answers: ["a.never.test 60 A"]), to: "a.never.test") != nil)
    }

    @Test("names outside of the zones pass by")
    func zones() throws {
        let fixture = try CacheFixture("cache in.test")
        for (name, expected) in [("a.in.test", 1), ("a.out.test", 0)] {
            let query = try fixture.query(name)
            guard case .next = fixture.handler.handle(query) else {
                Issue.record("answered")
                continue
            }
            try fixture.take(query, CacheReply(answers: ["\(name) 100000 A"]))
            _ = fixture.handler.finish(query)
            query.reply.finish()
            let reply = query.reply
            #expect(fixture.registry.total(fixture.plugin.metrics.requests) == 1)
            #expect(fixture.entries == 1)
            #expect(try Message(decoding: reply.bytes).answers.map(\.ttl) == [expected == 1 ? 3_600 : 100_000])
        }
    }

    @Test("a damaged reply is passed on as it is and not kept")
    func damaged() throws {
        let fixture = try CacheFixture()
        let query = try fixture.query("a.test")
        try fixture.take(query, CacheReply(answers: ["a.test 60 A"]))
        query.reply.header.answerCount = 9
        fixture.handler.store(query, now: 0)
        #expect(fixture.entries == 0)
    }

    @Test("a reply to another question is dropped, and counted")
    func otherQuestion() throws {
        let fixture = try CacheFixture()
        let query = try fixture.query("a.test")
        try fixture.take(query, CacheReply(answers: ["a.test 60 A"]))
        let reply = query.reply
        var bytes = reply.mutableBytes
        bytes[13] = 0x62
        fixture.handler.store(query, now: 0)
        #expect(fixture.entries == 0)
        // The records point to the question, so they are not the asker's either.
        #expect(fixture.registry.total(fixture.plugin.metrics.drops) == 1)
    }

    @Test("every way through the cache is counted")
    func metrics() throws {
        let fixture = try CacheFixture()
        let metrics = fixture.plugin.metrics
        func ask(_ name: String) throws -> Bool {
            guard case .reply = fixture.handler.handle(try fixture.query(name)) else { return false }
            return true
        }
        try fixture.reply(try fixture.query("a.test"), CacheReply(answers: ["a.test 60 A"]), at: fixture.worker.now)
        let denial = CacheReply(code: .nameError, authorities: [CacheReply.soa])
        try fixture.reply(try fixture.query("b.test"), denial, at: fixture.worker.now)
        #expect(try ask("a.test"))
        #expect(try ask("b.test"))
        #expect(try !ask("c.test"))
        #expect(fixture.registry.total(metrics.requests) == 3)
        #expect(fixture.registry.total(metrics.misses) == 1)
        #expect(fixture.registry.total(metrics.successHits) == 1)
        #expect(fixture.registry.total(metrics.denialHits) == 1)
    }

    @Test(
        "the source is asked with AD, so that what is kept says whether it was checked; the asker gets what it asked for"
    )
    func asksForAuthenticData() throws {
        let fixture = try CacheFixture()
        let plain = try fixture.query("a.test")
        guard case .next = fixture.handler.handle(plain) else { throw WireError.truncated }
        #expect(plain.message.uint16(at: 2) & MessageHeader.Flags.authenticData != 0)
        #expect(!plain.header.flags.authenticData)
        var reply = CacheReply(answers: ["a.test 60 A"])
        reply.flags |= MessageHeader.Flags.authenticData
        try fixture.take(plain, reply)
        _ = fixture.handler.finish(plain)
        #expect(plain.message.uint16(at: 2) & MessageHeader.Flags.authenticData == 0)
        #expect(!plain.reply.header.flags.authenticData)
        let now = fixture.worker.now
        #expect(try fixture.answer(try fixture.query("a.test", ad: true), at: now)?.flags.authenticData == true)
        let interested = try fixture.query("b.test", ad: true)
        _ = fixture.handler.handle(interested)
        _ = fixture.handler.finish(interested)
        #expect(interested.message.uint16(at: 2) & MessageHeader.Flags.authenticData != 0)
    }

    @Test("NOTIMP says nothing of the name, no more than SERVFAIL does, and leaves the answer")
    func notImplemented() throws {
        let fixture = try CacheFixture()
        try fixture.reply(try fixture.query("a.test"), CacheReply(answers: ["a.test 60 A"]))
        try fixture.reply(try fixture.query("a.test"), CacheReply(code: .notImplemented))
        #expect(try fixture.answer(try fixture.query("a.test"))?.responseCode == .noError)
    }
}
