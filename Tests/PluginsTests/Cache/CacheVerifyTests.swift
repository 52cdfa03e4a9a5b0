import DNSWire
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("cache: serve_stale … verify")
struct CacheVerifyTests {
    /// A cache whose only answer has just expired, with a source that says nothing for now.
    private static func expired(_ options: String = "serve_stale 1h verify") throws -> CacheBench {
        let cache = try CacheStaleTests.cache(options)
        cache.source.conduct = .silence
        cache.clock(at: 61)
        return cache
    }

    private static func brief(_ begun: PluginBench.Begun) throws -> String? {
        try begun.reply.map(CacheBench.brief)
    }

    @Test("the source's answer is what the asker gets, also when it is there at once")
    func fresh() throws {
        let cache = try Self.expired()
        cache.source.conduct = .reply(CacheBench.address(2))
        #expect(try cache.brief("a.test") == "NOERROR 60 192.0.2.2")
        cache.clock(at: 122)
        cache.source.conduct = .silence
        let begun = try cache.begin("A.test", edns: EDNS(payloadSize: 1_232))
        #expect(!begun.isDone)
        cache.release(CacheBench.address(3))
        let reply = try #require(try begun.reply)
        #expect(CacheBench.brief(reply) == "NOERROR 60 192.0.2.3" && reply.edns?.options == [] && reply.id == 9)
        #expect(reply.questions.map(\.name.text) == ["A.test."])
        #expect(try cache.total(\.servedStale) == 0 && cache.total(\.prefetches) == 0)
        #expect(try cache.total(\.misses) == 1 && cache.total(\.successHits) == 2)
    }

    @Test(
        "the expired answer goes out when the source fails",
        arguments: [CacheReply(code: .serverFailure), CacheReply(code: .refused), nil])
    func failure(_ reply: CacheReply?) throws {
        let cache = try Self.expired("serve_stale 1h verify 0s 30s")
        let begun = try cache.begin("a.test", edns: EDNS(payloadSize: 1_232))
        cache.release(reply)
        let stale = try #require(try begun.reply)
        #expect(CacheBench.brief(stale) == "NOERROR 30 192.0.2.1")
        #expect(stale.edns?.options == [EDNSOption(.extendedError, [0, 3])])
        #expect(try cache.total(\.servedStale) == 1)
        // The next query asks again.
        let next = try cache.begin("a.test")
        cache.release(CacheBench.address(2))
        #expect(try Self.brief(next) == "NOERROR 60 192.0.2.2")
        #expect(cache.bench.isIdle)
    }

    @Test("TIMEOUT: the expired answer goes out when the source takes longer, and its late answer is kept")
    func timeout() throws {
        let cache = try Self.expired("serve_stale 1h verify 100ms")
        let begun = try cache.begin("a.test")
        cache.clock(at: 61.099)
        #expect(!begun.isDone)
        cache.clock(at: 61.11)
        #expect(try Self.brief(begun) == "NOERROR 0 192.0.2.1")
        #expect(cache.source.waiting.count == 1 && cache.inBackground == 1)
        cache.clock(at: 64)
        cache.release(CacheBench.address(2))
        #expect(try cache.brief("a.test") == "NOERROR 60 192.0.2.2")
        #expect(cache.bench.isIdle && cache.source.arrivals.count == 2)
    }

    @Test("TIMEOUT: an answer in time is the one that goes out, and its time is up no more")
    func inTime() throws {
        let cache = try Self.expired("serve_stale 1h verify 100ms")
        let begun = try cache.begin("a.test")
        cache.clock(at: 61.05)
        cache.release(CacheBench.address(2))
        #expect(try Self.brief(begun) == "NOERROR 60 192.0.2.2")
        cache.clock(at: 62)
        #expect(try cache.total(\.servedStale) == 0)
    }

    @Test("those who ask in the meantime wait for the same answer; the source is asked once")
    func joined() throws {
        let cache = try Self.expired("serve_stale 1h verify 100ms")
        let first = try cache.begin("a.test")
        cache.clock(at: 61.06)
        let others = try ["a.test", "A.TEST", "a.tEst"].map { try cache.begin($0) }
        #expect(cache.source.arrivals.count == 2)
        cache.clock(at: 61.12)
        #expect(try Self.brief(first) == "NOERROR 0 192.0.2.1" && !others.contains(where: \.isDone))
        cache.release(CacheBench.address(2))
        for (other, name) in zip(others, ["a.test.", "A.TEST.", "a.tEst."]) {
            let reply = try #require(try other.reply)
            #expect(CacheBench.brief(reply) == "NOERROR 60 192.0.2.2" && reply.questions.map(\.name.text) == [name])
        }
        #expect(try cache.plugin.state.board.count == 0 && cache.bench.isIdle)
    }

    @Test("RECHECK: those who ask in the meantime, and for so long after a failure, get the expired answer at once")
    func recheck() throws {
        let cache = try Self.expired("serve_stale 1h verify 0s 30s 30s")
        let first = try cache.begin("a.test")
        #expect(try cache.brief("a.test") == "NOERROR 30 192.0.2.1" && !first.isDone)
        cache.release()
        #expect(try Self.brief(first) == "NOERROR 30 192.0.2.1")
        cache.clock(at: 90.9)
        #expect(try cache.brief("a.test") == "NOERROR 30 192.0.2.1" && cache.source.arrivals.count == 2)
        cache.clock(at: 91)
        let next = try cache.begin("a.test")
        cache.release(CacheBench.address(2))
        #expect(try Self.brief(next) == "NOERROR 60 192.0.2.2" && cache.source.arrivals.count == 3)
    }

    @Test("a reply that may not be kept is given to those who wait, and the entry goes")
    func unkept() throws {
        let cache = try Self.expired("serve_stale 1h verify\nsuccess 9984 3600 0")
        let begun = try cache.begin("a.test")
        cache.release(CacheBench.address(2, ttl: 0))
        #expect(try Self.brief(begun) == "NOERROR 0 192.0.2.2")
        #expect(try cache.plugin.state.success.count == 0 && cache.total(\.servedStale) == 0)
    }

    @Test("prefer_positive: a denial does not take the place of the answer, which goes out")
    func preference() throws {
        let cache = try Self.expired("serve_stale 1h verify\nserve_stale_policy prefer_positive")
        let begun = try cache.begin("a.test")
        cache.release(CacheBench.denial)
        #expect(try Self.brief(begun) == "NOERROR 0 192.0.2.1")
        let next = try cache.begin("a.test")
        cache.release(CacheBench.address(2))
        #expect(try Self.brief(next) == "NOERROR 60 192.0.2.2")
    }

    @Test("AD goes only to those who asked by DO or AD")
    func authenticData() throws {
        let cache = try Self.expired()
        var reply = CacheBench.address(2)
        reply.flags |= MessageHeader.Flags.authenticData
        let plain = try cache.begin("a.test")
        let interested = try cache.bench.begin(CacheBench.question("a.test", ad: true))
        cache.release(reply)
        #expect(try plain.reply?.flags.authenticData == false && interested.reply?.flags.authenticData == true)
    }

    @Test("a denial waits for the source's word, too, and RFC 8914 has a code of its own for it")
    func denial() throws {
        let cache = try CacheBench("serve_stale 1h verify")
        cache.source.conduct = .reply(CacheBench.denial)
        _ = try cache.ask("no.test")
        cache.source.conduct = .silence
        cache.clock(at: 61)
        let begun = try cache.begin("no.test", edns: EDNS(payloadSize: 1_232))
        cache.release()
        let stale = try #require(try begun.reply)
        #expect(stale.responseCode == .nameError && stale.edns?.options == [EDNSOption(.extendedError, [0, 19])])
    }

    @Test("without a pause for others, a failed prefetch does not keep an expired answer from being verified")
    func prefetchFailed() throws {
        let cache = try CacheStaleTests.cache("serve_stale 1h verify\nprefetch 1")
        cache.source.conduct = .failure
        cache.clock(at: 59)
        _ = try cache.brief("a.test")
        cache.source.conduct = .reply(CacheBench.address(2))
        cache.clock(at: 60)
        #expect(try cache.brief("a.test") == "NOERROR 60 192.0.2.2")
    }

    @Test("a prefetch that is under way when the answer expires is waited for")
    func prefetchUnderWay() throws {
        let cache = try CacheStaleTests.cache("serve_stale 1h verify\nprefetch 1")
        cache.source.conduct = .silence
        cache.clock(at: 59)
        #expect(try cache.brief("a.test") == "NOERROR 1 192.0.2.1")
        cache.clock(at: 60)
        let begun = try cache.begin("a.test")
        #expect(!begun.isDone && cache.source.arrivals.count == 2)
        cache.release(CacheBench.address(2))
        #expect(try Self.brief(begun) == "NOERROR 60 192.0.2.2")
    }

    @Test("when no more queries come, those that wait get the expired answer")
    func retire() throws {
        let cache = try Self.expired()
        let begun = try cache.begin("a.test")
        cache.bench.retire()
        #expect(try Self.brief(begun) == "NOERROR 0 192.0.2.1")
        cache.release(CacheBench.address(2))
        #expect(cache.bench.isIdle && cache.inBackground == 0)
    }
}

@Suite struct StaleWaitersTests {
    @Test("they go one by one or all that wait for an entry, in the order in which they came")
    func order() throws {
        let fixture = try CacheFixture()
        let (one, other) = (try CacheStoreTests.key("a.test"), try CacheStoreTests.key("b.test"))
        var waiters = StaleWaiters()
        let query = try fixture.query("a.test")
        let added = [one, other, one, one].map { waiters.add(query, $0) }
        #expect(waiters.count == 4 && waiters.hasAny(for: one) && waiters.hasAny(for: other))
        #expect(waiters.remove(added[2].token) === added[2] && waiters.remove(added[2].token) == nil)
        #expect(waiters.removeAll(for: one).map(\.token) == [added[0].token, added[3].token])
        #expect(!waiters.hasAny(for: one) && waiters.count == 1)
        #expect(waiters.remove(added[1].token) === added[1] && !waiters.hasAny(for: other))
        let last = [waiters.add(query, one), waiters.add(query, other)]
        #expect(waiters.removeAll().map(\.token) == last.map(\.token) && waiters.count == 0)
    }

    @Test("a reply to another question is given to nobody, even under the same key")
    func otherQuestion() throws {
        let cache = try CacheStaleTests.cache("serve_stale 1h verify")
        let handler = CacheHandler(try cache.plugin, cache.bench.worker)
        let fixture = try CacheFixture()
        let query = try fixture.query("a.test")
        let key = try #require(ReplyKey(query))
        #expect(handler.answer(query, now: cache.bench.worker.now) == .given)
        let waiter = handler.waiters.add(query, key)
        let message = try CacheBench.address(9, "b.test").message(to: try fixture.query("b.test"))
        handler.settleAll(key, .reply(message))
        query.reply.finish()
        let reply = query.reply
        let brief = CacheBench.brief(try Message(decoding: reply.bytes))
        #expect(waiter.isSettled && brief == "NOERROR 60 192.0.2.1")
    }
}
