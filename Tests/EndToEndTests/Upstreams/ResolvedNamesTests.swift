import DNSWire
import TestSupport
import Testing

extension EndToEnd.UpstreamsTests {
    /// Aliases, wildcards, and names that are not there.
    @Suite("Resolved names")
    struct ResolvedNamesTests {
        /// A question, and what the resolver finds.
        struct Case: Sendable, CustomTestStringConvertible {
            var name: String
            var type = RecordType.A
            var code = ResponseCode.noError
            var answers: [String] = []

            var testDescription: String { "\(name) \(type)" }
        }

        static let host = "host.one.example. A 192.0.2.7"
        static let cases = [
            Case(name: "host.one.example", answers: [host]),
            Case(
                name: "www.one.example",
                answers: [
                    "www.one.example. CNAME web.two.example.", "web.two.example. CNAME host.one.example.", host,
                ]),
            Case(name: "www.one.example", type: .CNAME, answers: ["www.one.example. CNAME web.two.example."]),
            Case(
                name: "a.old.one.example",
                answers: [
                    "old.one.example. DNAME new.two.example.", "a.old.one.example. CNAME a.new.two.example.",
                    "a.new.two.example. A 192.0.2.10",
                ]),
            Case(name: "x.y.wild.one.example", answers: ["x.y.wild.one.example. A 192.0.2.9"]),
            Case(
                name: "x.alias.one.example",
                answers: [
                    "x.alias.one.example. CNAME web.two.example.", "web.two.example. CNAME host.one.example.", host,
                ]),
            Case(name: "host.one.example", type: .AAAA),
            Case(name: "none.one.example", code: .nameError),
            Case(name: "bare.one.example", type: .TXT, answers: ["bare.one.example. CNAME mail.two.example."]),
            Case(name: "gone.one.example", code: .nameError, answers: ["gone.one.example. CNAME none.two.example."]),
        ]

        @Test(
            "a resolver's answers are passed on whole, its denials with the SOA record", arguments: cases,
            [Upstreams.Manner.plain, .cached])
        func passesAnswers(asked: Case, manner: Upstreams.Manner) async throws {
            let upstreams = try Upstreams.ofThisRun
            let query = try Message.query(asked.name, asked.type)
            let direct = try await upstreams.ask(.resolver, query)
            #expect(direct.answers == asked.answers)
            // The second time a cache answers.
            for _ in 0..<2 {
                let reply = try await upstreams.ask(manner, to: .resolver, query)
                #expect(reply.withoutTimes == direct.withoutTimes)
                #expect(reply.message.responseCode == asked.code)
                let reachesEnd = reply.message.answers.last?.type == asked.type
                #expect(reply.count(of: .SOA) == (reachesEnd ? 0 : 1), "\(reply.message)")
            }
        }

        @Test(
            "an authority's answers are passed on whole, its denials with the SOA record", arguments: cases,
            Upstreams.Target.authorities)
        func passesAuthorities(asked: Case, target: Upstreams.Target) async throws {
            let upstreams = try Upstreams.ofThisRun
            let query = try Message.query(asked.name, asked.type)
            let direct = try await upstreams.ask(target, query)
            #expect(direct.answers.first == asked.answers.first)
            #expect(direct.message.flags.isAuthoritative)
            let plain = try await upstreams.ask(.plain, to: target, query)
            #expect(try plain.withoutEDNS == direct.withoutEDNS)
            for _ in 0..<2 {
                #expect(try await upstreams.ask(.cached, to: target, query).withoutTimes == direct.withoutTimes)
            }
        }

        @Test("a refusal is passed on, and asked for again each time", arguments: Upstreams.Target.allCases)
        func passesRefusals(target: Upstreams.Target) async throws {
            let upstreams = try Upstreams.ofThisRun
            let query = try Message.query("www.elsewhere.example")
            let direct = try await upstreams.ask(target, query)
            #expect(direct.message.responseCode == .refused)
            let hits = try await upstreams.cacheHits(of: target)
            for manner in Upstreams.Manner.allCases {
                for _ in 0..<2 {
                    let reply = try await upstreams.ask(manner, to: target, query)
                    #expect(reply.withoutTimes == direct.withoutTimes)
                    #expect(reply.message.edns?.options == direct.message.edns?.options)
                }
            }
            #expect(try await upstreams.cacheHits(of: target) == hits)
        }
    }
}
