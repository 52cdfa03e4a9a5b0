import DNSWire
import Synchronization
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("cache: client subnets (RFC 7871)")
struct CacheSubnetTests {
    /// A cache in front of an upstream that says of each answer for which subnets it is good.
    private final class Upstream: Sendable {
        let asked = Mutex(0)
        let scope: Mutex<[UInt8]?>
        let isDenial: Bool

        init(_ scope: [UInt8]?, isDenial: Bool = false) {
            self.scope = Mutex(scope)
            self.isDenial = isDenial
        }

        func bench(_ name: String = "forward", _ options: String = "") throws -> PluginBench {
            try PluginBench(
                ". {\ncache {\n\(options)\n}\n\(name)\n}\n",
                [
                    CachePlugin.definition,
                    PluginDefinition(name) { _, _ in
                        HandlerPlugin(name) { _ in ScriptedHandler { query in self.answer(query) } }
                    },
                ])
        }

        private func answer(_ query: Query) -> Verdict {
            let number = asked.withLock { count in
                count += 1
                return count
            }
            let reply =
                isDenial
                ? CacheBench.denial
                : CacheReply(answers: ["a.test 60 A 192.0.2.\(number)"])
            let verdict = CacheBench.Source.verdict(query, reply)
            if let scope = scope.withLock(\.self) { query.addReplyOption(.clientSubnet, scope) }
            return verdict
        }

        var count: Int { asked.withLock(\.self) }
    }

    private static let home: [UInt8] = [0, 1, 24, 0, 192, 0, 2]
    private static let elsewhere: [UInt8] = [0, 1, 24, 0, 198, 51, 100]

    private static func question(_ subnets: [UInt8]...) throws -> Message {
        try CacheBench.question("a.test", edns: EDNS(options: subnets.map { EDNSOption(.clientSubnet, $0) }))
    }

    private static func address(_ reply: Message?) throws -> String { try #require(reply?.answers.first).data.text }

    @Test("§7.3.1: an answer with scope 0 is everybody's: every subnet's, and theirs who name none")
    func scopeZero() throws {
        let upstream = Upstream(Self.home)
        let bench = try upstream.bench()
        _ = try bench.send(Self.question(Self.home))
        let other = try #require(try bench.send(Self.question(Self.elsewhere)))
        #expect(try Self.address(other) == "192.0.2.1")
        #expect(other.edns?.options == [EDNSOption(.clientSubnet, Self.elsewhere)])
        let plain = try #require(try bench.send(Self.question()))
        #expect(try Self.address(plain) == "192.0.2.1" && plain.edns?.options == [])
        #expect(upstream.count == 1)
    }

    @Test("§7.4: so is a denial with scope 0")
    func denial() throws {
        let upstream = Upstream(Self.home, isDenial: true)
        let bench = try upstream.bench()
        for question in [try Self.question(Self.home), try Self.question(Self.elsewhere), try Self.question()] {
            #expect(try bench.send(question)?.responseCode == .nameError)
        }
        #expect(upstream.count == 1)
    }

    private static let narrower: [[UInt8]?] = [
        nil, [0, 1, 24, 24, 192, 0, 2], [0, 1, 24, 1, 192, 0, 2], [0, 1, 24, 0, 192, 0, 3], [0, 1, 16, 0, 192, 0],
        [0, 2, 24, 0, 192, 0, 2], [0, 1, 24, 0, 192, 0], [0, 1], [],
    ]

    @Test(
        "§7.3.1: an answer for a part of the network, for another one, or for none that is said, is its asker's alone",
        arguments: narrower)
    func isAskersAlone(scope: [UInt8]?) throws {
        let upstream = Upstream(scope)
        let bench = try upstream.bench()
        for number in 1...2 {
            #expect(try Self.address(bench.send(Self.question(Self.home))) == "192.0.2.\(number)")
        }
        #expect(try Self.address(bench.send(Self.question())) == "192.0.2.3")
    }

    @Test("what was found without a subnet is for those who name none: nobody said that it is good for others")
    func plainFirst() throws {
        let upstream = Upstream(nil)
        let bench = try upstream.bench()
        _ = try bench.send(Self.question())
        #expect(try Self.address(bench.send(Self.question(Self.home))) == "192.0.2.2")
        #expect(try Self.address(bench.send(Self.question())) == "192.0.2.1")
    }

    @Test("§7.1.2, §7.3.1: who keeps its subnet to itself (/0) brings others nothing, and takes what is everybody's")
    func keptPrivate() throws {
        let nobody: [UInt8] = [0, 1, 0, 0]
        let upstream = Upstream(nobody)
        let bench = try upstream.bench()
        _ = try bench.send(Self.question(nobody))
        #expect(try Self.address(bench.send(Self.question())) == "192.0.2.2")
        upstream.scope.withLock { $0 = Self.home }
        _ = try bench.send(Self.question(Self.home))
        let reply = try bench.send(Self.question(nobody))
        #expect(try Self.address(reply) == "192.0.2.3")
        #expect(reply?.edns?.options == [EDNSOption(.clientSubnet, nobody)])
    }

    private static let damaged: [[UInt8]] = [
        [], [0, 1, 24], [0, 1, 33, 0, 192, 0, 2, 1, 0], [0, 1, 24, 0, 192, 0], [0, 1, 24, 0, 192, 0, 2, 1],
        [0, 1, 20, 0, 192, 0, 2], [0, 3, 24, 0, 192, 0, 2], [0, 1, 24, 8, 192, 0, 2],
        [0, 2, 129, 0] + [UInt8](repeating: 0, count: 17),
    ]

    @Test("§6: an option that is not as it must be shares nothing", arguments: damaged)
    func sharesNothing(option: [UInt8]) throws {
        let upstream = Upstream(option)
        let bench = try upstream.bench()
        for number in 1...2 { #expect(try Self.address(bench.send(Self.question(option))) == "192.0.2.\(number)") }
        #expect(try Self.address(bench.send(Self.question())) == "192.0.2.3")
    }

    @Test("two subnets, or another option beside one, share nothing")
    func more() throws {
        let upstream = Upstream(Self.home)
        let bench = try upstream.bench()
        _ = try bench.send(Self.question(Self.home, Self.home))
        var message = try Self.question(Self.home)
        message.edns?.options.append(EDNSOption(.nsid))
        _ = try bench.send(message)
        #expect(try Self.address(bench.send(Self.question())) == "192.0.2.3")
    }

    @Test("what this server itself answers does not depend on a subnet, and says nothing of one (§7.2.1)")
    func local() throws {
        let source = Upstream(nil)
        let bench = try source.bench("hosts")
        for question in [try Self.question(Self.home), try Self.question(), try Self.question(Self.elsewhere)] {
            let reply = try bench.send(question)
            #expect(try Self.address(reply) == "192.0.2.1" && reply?.edns?.options == [])
        }
        #expect(source.count == 1)
    }

    @Test("who asks for a subnet is given nothing expired, and waits for nobody who asks for everyone")
    func expired() throws {
        let upstream = Upstream(Self.home)
        let bench = try upstream.bench("forward", "serve_stale 1h verify")
        _ = try bench.send(Self.question(Self.home))
        bench.worker.now += 61_000_000_000
        #expect(try Self.address(bench.send(Self.question(Self.elsewhere))) == "192.0.2.2")
    }
}
