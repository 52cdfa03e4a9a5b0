import DNSWire
import Telemetry
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("RFC 9520 §3.2: failures of resolution are kept for a moment")
struct CacheFailureTests {
    private let second = CacheFixture.second
    private static let silence = QueryFailure(
        .serverFailure, "read udp 192.0.2.1:53: i/o timeout", .noReachableAuthority)
    private static let refusal = QueryFailure(.serverFailure, "connection refused", .networkError)

    /// A query that misses the cache fails behind it.
    private func fail(
        _ fixture: CacheFixture, _ name: String = "a.test", _ failure: QueryFailure = silence, at now: UInt64
    ) throws {
        let query = try fixture.query(name)
        query.failure = failure
        query.beginReply(failure.responseCode)
        query.hasReply = true
        fixture.handler.remember(query, now: now)
    }

    @Test("another asker gets it for a second, with the reason", arguments: [22, 23] as [UInt8])
    func kept(_ code: UInt8) throws {
        let fixture = try CacheFixture()
        try fail(fixture, "a.test", code == 22 ? Self.silence : Self.refusal, at: 0)
        let query = try fixture.query("A.test", dnssecOK: false)
        #expect(fixture.handler.answer(query, now: second - 1) == .given)
        query.sealReply()
        let reply = query.reply
        let message = try Message(decoding: reply.bytes)
        #expect(message.responseCode == .serverFailure && !message.flags.isAuthoritative)
        #expect(message.edns?.options == [EDNSOption(.extendedError, [0, code])])
        #expect(try fixture.answer(try fixture.query("a.test"), at: second - 1)?.responseCode == .serverFailure)
        #expect(try fixture.answer(try fixture.query("a.test"), at: second) == nil)
        #expect(try fixture.answer(try fixture.query("b.test"), at: 0) == nil)
    }

    @Test("a question that keeps failing is kept for longer each time, and no longer than `servfail` says")
    func backingOff() throws {
        let fixture = try CacheFixture()
        var now: UInt64 = 0
        for expected: UInt64 in [1, 2, 4, 5, 5] {
            try fail(fixture, at: now)
            #expect(try fixture.answer(try fixture.query("a.test"), at: now + expected * second - 1) != nil)
            now += expected * second
            #expect(try fixture.answer(try fixture.query("a.test"), at: now) == nil)
        }
        // After half a minute it begins anew.
        now += 31 * second
        try fail(fixture, at: now)
        #expect(try fixture.answer(try fixture.query("a.test"), at: now + second) == nil)
    }

    @Test("`servfail 0s` keeps none, and failures of this server's own are never kept")
    func notKept() throws {
        let none = try CacheFixture("cache {\nservfail 0s\n}")
        try fail(none, at: 0)
        #expect(none.entries == 0)
        let fixture = try CacheFixture()
        for failure in [
            .deadlineExceeded, QueryFailure(.serverFailure, "x"), QueryFailure(.refused, "y", .notSupported),
        ] {
            try fail(fixture, "a.test", failure, at: 0)
        }
        #expect(fixture.entries == 0)
    }

    @Test("a failure hides no answer that is still good, and an answer ends it")
    func besideAnswers() throws {
        let fixture = try CacheFixture()
        try fixture.reply(try fixture.query("a.test"), CacheReply(answers: ["a.test 60 A"]))
        try fail(fixture, at: second)
        #expect(try fixture.answer(try fixture.query("a.test"), at: second)?.answers.count == 1)
    }

    @Test("a reload forgets failures: upstreams may be others now")
    func reload() throws {
        let fixture = try CacheFixture()
        try fail(fixture, at: 0)
        fixture.plugin.state.denial.removeLocal()
        #expect(fixture.entries == 0)
    }

    @Test("what fails behind the cache is kept on the way up")
    func onTheWay() throws {
        let fixture = try CacheFixture()
        let query = try fixture.query("a.test")
        guard case .next = fixture.handler.handle(query) else {
            Issue.record("it is not passed on")
            return
        }
        #expect(query.sharesFailures)
        query.failure = Self.silence
        query.beginReply(.serverFailure)
        query.hasReply = true
        _ = fixture.handler.finish(query)
        #expect(fixture.entries == 1)
    }
}
