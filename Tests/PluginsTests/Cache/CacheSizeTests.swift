import DNSWire
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("cache: large replies")
struct CacheSizeTests {
    private static func reply(_ addresses: Int, _ name: String = "www.a.test") -> CacheReply {
        CacheReply(
            answers: ["\(name) 60 CNAME b.a.test"] + (0..<addresses).map { "b.a.test 60 A 192.0.2.\($0 % 250)" },
            authorities: ["a.test 60 NS ns.a.test"], additionals: ["ns.a.test 60 A"])
    }

    /// A cache that has the reply.
    private static func filled(_ reply: CacheReply, _ options: String = "") throws -> CacheBench {
        let cache = try CacheBench(options)
        cache.source.conduct = .reply(reply)
        _ = try cache.bench.send(CacheBench.question("www.a.test"), transport: .tcp)
        return cache
    }

    @Test(
        "over UDP as many whole records come as the asker takes, in its case or another",
        arguments: ["www.a.test", "wWw.a.TEST"])
    func cut(_ name: String) throws {
        let cache = try Self.filled(Self.reply(200))
        let whole = try #require(try cache.bench.send(CacheBench.question(name), transport: .tcp))
        #expect(whole.answers.count == 201 && whole.authorities.count == 1 && whole.additionals.count == 1)
        #expect(whole.answers[0].owner.text == "www.a.test." && whole.questions[0].name.text == name + ".")
        let all = whole.answers + whole.authorities + whole.additionals
        for size in [Int?.none] + stride(from: 512, through: 4_000, by: 7).map(Int?.some) {
            let edns = size.map { EDNS(payloadSize: UInt16($0)) }
            let reply = try #require(try cache.ask(name, edns: edns))
            let limit = size ?? 512
            #expect(reply.encoded().count <= limit)
            let kept = reply.answers + reply.authorities + reply.additionals
            #expect(kept == Array(all.prefix(kept.count)) && reply.flags.isTruncated == (kept.count < all.count))
            // Nothing that would fit is left out: each address takes 16 octets.
            #expect(kept.count == all.count || reply.encoded().count > limit - 17 - (name == "www.a.test" ? 0 : 12))
        }
        #expect(cache.source.arrivals.count == 1)
    }

    @Test("replies over 8 KiB are not kept, and counted")
    func tooLarge() throws {
        for (addresses, isKept) in [(500, true), (520, false)] {
            let cache = try Self.filled(Self.reply(addresses))
            let reply = try cache.bench.send(CacheBench.question("www.a.test"), transport: .tcp)
            #expect(reply?.answers.count == addresses + 1)
            #expect(cache.source.arrivals.count == (isKept ? 1 : 2))
            #expect(try cache.total(\.tooLarge) == (isKept ? 0 : 2))
        }
    }

    @Test("max_size says how large they may be")
    func maximumSize() throws {
        for (addresses, options, asked) in [(3_000, "max_size 65535", 1), (40, "max_size 512", 2)] {
            let cache = try Self.filled(Self.reply(addresses), options)
            _ = try cache.bench.send(CacheBench.question("www.a.test"), transport: .tcp)
            #expect(cache.source.arrivals.count == asked)
        }
    }

    @Test("a refresh that is too large to be kept ends the entry: it is out of date")
    func tooLargeRefresh() throws {
        let cache = try Self.filled(Self.reply(3), "serve_stale 1h immediate")
        cache.clock(at: 61)
        cache.source.conduct = .reply(Self.reply(520))
        #expect(try cache.ask("www.a.test")?.answers.count == 4)
        #expect(cache.inBackground == 0)
        #expect(try cache.plugin.state.success.count == 0)
    }

    @Test(
        "an answer of up to 16 aliases is kept; one of more counts as a chain without an end",
        arguments: [1, 16, 17, 400])
    func manyAliases(_ count: Int) throws {
        let chain = (0..<count).map { "\($0 == 0 ? "www.a" : "c\($0)").test 60 CNAME c\($0 + 1).test" }
        let cache = try Self.filled(CacheReply(answers: chain + ["c\(count).test 60 A"]))
        #expect(try cache.plugin.state.success.count == (count <= 16 ? 1 : 0))
    }
}
