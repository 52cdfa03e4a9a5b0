import Corefile
import DNSWire
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("minimal")
struct MinimalPluginTests {
    /// What the last plugin replies: the types of the records of each section.
    struct Given: Sendable, CustomTestStringConvertible {
        var rule: String
        var code = ResponseCode.noError
        var answers: [RecordType] = []
        var authorities: [RecordType] = []
        var additionals: [RecordType] = []
        var type = RecordType.A
        var isStripped: Bool

        var testDescription: String { rule }
    }

    private static func record(_ type: RecordType) -> Record {
        let name = Name.root
        switch type {
        case .SOA:
            let data = SOAData(
                primary: name, mailbox: name, serial: 1, refresh: 2, retry: 3, expire: 4, minimum: 5)
            return Record(name, .SOA, ttl: 60, .soa(data))
        case .NS: return Record(name, .NS, ttl: 60, .ns(name))
        default: return Record(name, .TXT, ttl: 60, .txt(TXTData(splitting: "x")))
        }
    }

    private func bench(_ given: Given, directive: String = "minimal") throws -> PluginBench {
        try PluginBench(
            ". {\n\(directive)\nerratic\n}\n",
            [
                MinimalPlugin.definition,
                ScriptedPlugin.definition { query in
                    query.beginReply(given.code)
                    for type in given.answers { Self.record(type).encode(into: query.reply) }
                    query.reply.section = .authority
                    for type in given.authorities { Self.record(type).encode(into: query.reply) }
                    query.reply.section = .additional
                    for type in given.additionals { Self.record(type).encode(into: query.reply) }
                    return .reply
                },
            ])
    }

    @Test(
        "authority and additional records are taken out of replies that succeed, and of no others",
        arguments: [
            Given(
                rule: "an answer", answers: [.TXT, .TXT], authorities: [.NS], additionals: [.TXT], isStripped: true),
            Given(
                rule: "an answer with an SOA record", answers: [.TXT], authorities: [.SOA, .NS], isStripped: true),
            Given(rule: "an answer alone", answers: [.TXT], isStripped: true),
            Given(rule: "nothing but additional records", additionals: [.TXT], isStripped: true),
            Given(rule: "nothing but a TXT record above", authorities: [.TXT], isStripped: true),
            Given(rule: "no data", authorities: [.SOA], additionals: [.TXT], isStripped: false),
            Given(rule: "a referral", authorities: [.NS], additionals: [.TXT], isStripped: false),
            Given(rule: "no name", code: .nameError, authorities: [.SOA], additionals: [.TXT], isStripped: false),
            Given(
                rule: "no name behind an alias", code: .nameError, answers: [.TXT], authorities: [.SOA],
                isStripped: false),
            Given(
                rule: "an error", code: .refused, answers: [.TXT], authorities: [.NS], additionals: [.TXT],
                isStripped: false),
            Given(
                rule: "a transfer", answers: [.TXT], authorities: [.NS], additionals: [.TXT], type: .AXFR,
                isStripped: false),
        ])
    func strips(_ given: Given) throws {
        let plain = try #require(try bench(given, directive: "").ask("a.example", given.type))
        let reply = try #require(try bench(given).ask("a.example", given.type, edns: EDNS(payloadSize: 1_232)))
        #expect(reply.answers == plain.answers && reply.responseCode == given.code)
        #expect(reply.authorities == (given.isStripped ? [] : plain.authorities))
        #expect(reply.additionals == (given.isStripped ? [] : plain.additionals))
        // The OPT record stays.
        #expect(reply.edns?.payloadSize == 1_232)
    }

    /// A reply of an upstream with a signature, whose time is over if `isExpired`.
    private func signed(isExpired: Bool) throws -> [UInt8] {
        let name = try Name(parsing: "a.example")
        let now = UInt32(truncatingIfNeeded: SystemClock.wall / 1_000_000_000)
        let signature = RRSIGData(
            typeCovered: .A, algorithm: 13, labels: 2, originalTTL: 60,
            expiration: isExpired ? now &- 86_400 : now &+ 86_400, inception: now &- 200_000, keyTag: 1, signer: .root,
            signature: [9, 9])
        var message = Message(id: 7, asking: Question(name, .A))
        message.flags.isResponse = true
        message.answers = [Record(name, .RRSIG, ttl: 60, .rrsig(signature))]
        message.authorities = [Self.record(.NS)]
        message.edns = EDNS(payloadSize: 512, dnssecOK: true, options: [EDNSOption(.extendedError, [0, 3])])
        return message.encoded()
    }

    @Test(
        "with DO a reply whose signature is not valid now goes out as it is, and else without what an upstream's OPT said",
        arguments: [(true, true, 1), (true, false, 0), (false, true, 0)])
    func signatures(isExpired: Bool, wantsDNSSEC: Bool, authorities: Int) throws {
        let octets = try signed(isExpired: isExpired)
        let bench = try PluginBench(
            ". {\nminimal\nerratic\n}\n",
            [
                MinimalPlugin.definition,
                ScriptedPlugin.definition { query in
                    do { try query.takeReply(octets.span) } catch { return .fail(QueryFailure(.serverFailure)) }
                    return .reply
                },
            ])
        let edns = EDNS(payloadSize: 1_232, dnssecOK: wantsDNSSEC)
        let reply = try #require(try bench.ask("a.example", edns: edns))
        #expect(reply.answers.count == 1 && reply.authorities.count == authorities)
        #expect(reply.edns?.options.count == authorities)
        #expect(reply.edns?.payloadSize == 1_232 && reply.edns?.dnssecOK == wantsDNSSEC)
    }

    @Test("a failure and silence are left alone")
    func others() throws {
        let failing = try PluginBench(
            ". {\nminimal\nerratic\n}\n",
            [MinimalPlugin.definition, ScriptedPlugin.definition { _ in .fail(QueryFailure(.serverFailure)) }])
        #expect(try failing.ask("a.example")?.responseCode == .serverFailure)
        let silent = try PluginBench(
            ". {\nminimal\nerratic\n}\n", [MinimalPlugin.definition, ScriptedPlugin.definition { _ in .drop }])
        #expect(try silent.ask("a.example") == nil)
    }

    @Test("plugins behind are told that they need not write additional records")
    func tellsOthers() throws {
        for (directive, expected) in [("minimal", ResponseCode.noError), ("", .nameError)] {
            let bench = try PluginBench(
                ". {\n\(directive)\nerratic\n}\n",
                [
                    MinimalPlugin.definition,
                    ScriptedPlugin.definition { query in
                        query.beginReply(query.omitsAdditional ? .noError : .nameError)
                        return .reply
                    },
                ])
            #expect(try bench.ask("a.example")?.responseCode == expected)
        }
    }

    @Test("a truncated answer is still truncated")
    func truncated() throws {
        var given = Given(rule: "", isStripped: true)
        given.answers = [RecordType](repeating: .TXT, count: 300)
        given.additionals = [.TXT]
        let reply = try #require(try bench(given).ask("a.example"))
        #expect(reply.flags.isTruncated && !reply.answers.isEmpty && reply.additionals.isEmpty)
    }

    @Test("it takes neither arguments nor a block, and may stand twice")
    func mistakes() throws {
        #expect(
            try mistake(in: "minimal x", MinimalPlugin.definition)
                == "Wrong argument count or unexpected line ending after 'x'")
        #expect(
            try mistake(in: "minimal {\n}", MinimalPlugin.definition)
                == "Unexpected token '{', expecting argument")
        #expect(try mistake(in: "minimal\nminimal", MinimalPlugin.definition) == nil)
    }
}
