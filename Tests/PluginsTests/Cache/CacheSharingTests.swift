import DNSWire
import Synchronization
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("cache: what one asker brought, and who else gets it")
struct CacheSharingTests {
    /// A cache in front of an upstream that answers what it likes to each query, and says how many it got.
    private final class Upstream: Sendable {
        let asked = Mutex(0)
        let looksUp: Bool

        init(looksUp: Bool = false) {
            self.looksUp = looksUp
        }

        func bench(_ name: String = "forward", _ more: String = "", _ others: [PluginDefinition] = []) throws
            -> PluginBench
        {
            try PluginBench(
                ". {\ncache\n\(more)\n\(name)\n}\n",
                [CachePlugin.definition] + others + [
                    PluginDefinition(name) { _, _ in
                        HandlerPlugin(name) { _ in ScriptedHandler { query in self.answer(query) } }
                    }
                ])
        }

        private func answer(_ query: Query) -> Verdict {
            // The same as after a lookup.
            if looksUp { query.allowance = LookupAllowance() }
            asked.withLock { $0 += 1 }
            let isRecursive = query.header.flags.recursionDesired
            let reply = CacheReply(answers: ["a.test 60 A 192.0.2.\(isRecursive ? 1 : 2)"])
            return CacheBench.Source.verdict(query, reply)
        }

        var count: Int { asked.withLock(\.self) }
    }

    private static func question(_ isRecursive: Bool, _ options: [EDNSOption]? = nil) throws -> Message {
        var message = try CacheBench.question("a.test", edns: options.map { EDNS(options: $0) })
        message.flags.recursionDesired = isRecursive
        return message
    }

    private static func address(_ reply: Message?) throws -> String { try #require(reply?.answers.first).data.text }

    @Test("what an upstream says to a query without RD is never given to one with RD")
    func withoutRecursion() throws {
        let upstream = Upstream()
        let bench = try upstream.bench()
        #expect(try Self.address(bench.send(Self.question(false))) == "192.0.2.2")
        #expect(try Self.address(bench.send(Self.question(false))) == "192.0.2.2")
        #expect(upstream.count == 1)
        #expect(try Self.address(bench.send(Self.question(true))) == "192.0.2.1")
        #expect(upstream.count == 2)
    }

    @Test("who asks without RD gets what those with RD brought, and has no say in what they get")
    func withRecursion() throws {
        let upstream = Upstream()
        let bench = try upstream.bench()
        #expect(try Self.address(bench.send(Self.question(true))) == "192.0.2.1")
        #expect(try Self.address(bench.send(Self.question(false))) == "192.0.2.1")
        #expect(try Self.address(bench.send(Self.question(true))) == "192.0.2.1")
        #expect(upstream.count == 1)
    }

    @Test("what this server itself answers does not depend on RD")
    func local() throws {
        let source = Upstream()
        let bench = try source.bench("hosts")
        let replies = try [false, true, false].map { try Self.address(bench.send(Self.question($0))) }
        #expect(Set(replies).count == 1 && source.count == 1)
    }

    @Test("what it answers with the help of lookups does: they are made with the asker's RD, and may end upstream")
    func looksUp() throws {
        let source = Upstream(looksUp: true)
        let bench = try source.bench("template")
        #expect(try Self.address(bench.send(Self.question(false))) == "192.0.2.2")
        #expect(try Self.address(bench.send(Self.question(true))) == "192.0.2.1")
        #expect(try Self.address(bench.send(Self.question(false))) == "192.0.2.1" && source.count == 2)
    }

    @Test("flags that a plugin behind the cache changes for all are no reason to part them")
    func changedFlags() throws {
        let upstream = Upstream()
        let bench = try upstream.bench("forward", "header {\nquery clear rd\n}", [HeaderPlugin.definition])
        let replies = try (0..<3).map { _ in try Self.address(bench.send(Self.question(true))) }
        #expect(replies == ["192.0.2.2", "192.0.2.2", "192.0.2.2"] && upstream.count == 1)
    }

    private static let changing = [
        EDNSOption(.clientSubnet, [0, 1, 24, 0, 192, 0, 2]), EDNSOption(.nsid, []), EDNSOption(.extendedError, [0, 1]),
        EDNSOption(EDNSOptionCode(rawValue: 65_001), [1]),
    ]

    @Test(
        "an option that may lead to another reply gets its asker a reply of its own, kept for nobody",
        arguments: changing)
    func options(_ option: EDNSOption) throws {
        let upstream = Upstream()
        let bench = try upstream.bench()
        for number in 1...3 {
            _ = try bench.send(Self.question(true, [option]))
            #expect(upstream.count == number)
        }
        _ = try bench.send(Self.question(true))
        _ = try bench.send(Self.question(true))
        #expect(upstream.count == 4)
        _ = try bench.send(Self.question(true, [EDNSOption(.cookie, [1, 2, 3, 4, 5, 6, 7, 8]), option]))
        #expect(upstream.count == 5)
    }

    private static let betweenTwo = [
        EDNSOption(.cookie, [1, 2, 3, 4, 5, 6, 7, 8]), EDNSOption(.padding, [0, 0, 0]), EDNSOption(.tcpKeepalive, []),
    ]

    @Test("cookies, padding and keep-alive are between the asker and this server", arguments: betweenTwo)
    func hopByHopOptions(_ option: EDNSOption) throws {
        let upstream = Upstream()
        let bench = try upstream.bench()
        for options in [[option], nil, [option, option], []] { _ = try bench.send(Self.question(true, options)) }
        #expect(upstream.count == 1)
    }

    @Test("what is signed (TSIG), or is more than a question, has a reply of its own")
    func moreThanAQuestion() throws {
        let upstream = Upstream()
        let bench = try upstream.bench()
        var message = try Self.question(true)
        message.additionals = [
            Record(try Name(parsing: "key"), RecordType(rawValue: 250), recordClass: .ANY, ttl: 0, .unknown([1]))
        ]
        for _ in 0..<2 { _ = try bench.send(message) }
        _ = try bench.send(Self.question(true))
        #expect(upstream.count == 3)
    }

    @Test("one key for all who share replies: flights and the cache tell the same queries apart")
    func oneRule() throws {
        let fixture = try CacheFixture()
        func keys(_ isRecursive: Bool, _ options: [EDNSOption]?) throws -> (ReplyKey?, UInt64?) {
            let query = fixture.worker.takeQuery()
            query.take(try Self.question(isRecursive, options).encoded().span)
            #expect(query.admit() == .admitted)
            return (ReplyKey(query), FlightTable.key(query, usesTCP: false, groupIndex: 0))
        }
        let (plain, plainFlight) = try keys(true, [])
        let (other, otherFlight) = try keys(false, [])
        #expect(plain != nil && other != nil && plain != other && plainFlight != nil && plainFlight != otherFlight)
        for option in Self.changing {
            let (key, flight) = try keys(true, [option])
            #expect(key == nil && flight == nil)
        }
        for option in Self.betweenTwo {
            let (key, flight) = try keys(true, [option])
            #expect(key == plain && flight == plainFlight)
        }
    }
}
