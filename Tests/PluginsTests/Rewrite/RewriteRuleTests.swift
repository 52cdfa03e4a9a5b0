import Corefile
import DNSWire
import Synchronization
import Testing

@testable import DNSServer
@testable import Plugins

/// What each rule makes of a question and of its reply.
@Suite("rewrite: rules")
struct RewriteRuleTests {
    /// What reached the last plugin, as text.
    final class Seen: Sendable {
        let questions = Mutex<[String]>([])
        let options = Mutex<[EDNSOption]>([])
        var last: String? { questions.withLock { $0.last } }
    }

    /// A block with rules, whose last plugin answers as told; records are texts of zone files without a TTL of their own.
    static func bench(
        _ rules: String, _ seen: Seen = Seen(), answers: [Record] = [], code: ResponseCode = .noError,
        authorities: [Record] = []
    ) throws -> PluginBench {
        try PluginBench(
            ". {\n\(rules)\nerratic\n}\n",
            [
                RewritePlugin.definition,
                ScriptedPlugin.definition(acceptsAllClasses: true) { query in
                    let message = try? Message(decoding: query.message)
                    seen.questions.withLock { $0.append(message?.questions.first?.text ?? "damaged") }
                    seen.options.withLock { $0 = message?.edns?.options ?? [] }
                    query.beginReply(code)
                    for record in answers { record.encode(into: query.reply) }
                    query.reply.section = .authority
                    for record in authorities { record.encode(into: query.reply) }
                    return .reply
                },
            ])
    }

    static func name(_ text: String) throws -> Name { try Name(parsing: text) }

    static func address(_ owner: String, ttl: UInt32 = 60) throws -> Record {
        Record(try name(owner), .A, ttl: ttl, .a(IPAddress(v4: 0xC000_0201)))
    }

    @Test(
        "the plugins behind see the new name, the asker sees its own",
        arguments: [
            ("name a.test b.test", "a.test", "b.test. IN A"),
            ("name exact a.test b.test", "A.Test", "b.test. IN A"),
            ("name A.TEST B.test", "a.test", "b.test. IN A"),
            ("name exact a.test b.test", "x.a.test", "x.a.test. IN A"),
            ("name prefix a. b.c.", "a.test", "b.c.test. IN A"),
            // A final dot is added to what has none, so that a prefix is made of whole labels, as in CoreDNS.
            ("name prefix old new", "old.test", "new.test. IN A"),
            ("name prefix old- new-", "old-x.test", "old-x.test. IN A"),
            ("name suffix .in.test .out.test", "x.in.test", "x.out.test. IN A"),
            ("name suffix in.test out.test", "xin.test", "xout.test. IN A"),
            ("name suffix .in.test .", "x.in.test", "x. IN A"),
            ("name substring .one. .two.", "a.one.b.one.test", "a.two.b.two.test. IN A"),
            ("name regex (.*)-(.*)[.]test[.]$ {2}.{1}.test", "a-b.test", "b.a.test. IN A"),
            ("name regex ^(a)(.*)$ {0}x{1}", "a.test", "a.test.xa. IN A"),
            ("name regex ^(a)|(b)[.]test[.]$ {1}{2}c.test", "b.test", "bc.test. IN A"),
            ("NAME EXACT a.test b.test", "a.test", "b.test. IN A"),
            ("type A AAAA", "a.test", "a.test. IN AAAA"), ("type AAAA A", "a.test", "a.test. IN A"),
            ("type A TYPE65", "A.test", "A.test. IN HTTPS"), ("class IN CH", "A.test", "A.test. CH A"),
            // The first one that is for the question is the last, unless it says 'continue'.
            ("name a.test b.test\nrewrite name b.test c.test", "a.test", "b.test. IN A"),
            ("stop name a.test b.test\nrewrite name b.test c.test", "a.test", "b.test. IN A"),
            ("continue name a.test b.test\nrewrite name b.test c.test", "a.test", "c.test. IN A"),
            ("continue name a.test b.test\nrewrite type A TXT", "a.test", "b.test. IN TXT"),
            ("name z.test b.test\nrewrite name a.test c.test", "a.test", "c.test. IN A"),
            ("continue {\nname exact a.test\nb.test }", "a.test", "b.test. IN A"),
            ("{\nname exact a.test b.test\n}", "a.test", "b.test. IN A"),
        ])
    func question(_ rule: String, asked: String, expected: String) throws {
        let seen = Seen()
        let bench = try Self.bench("rewrite \(rule)", seen)
        let reply = try #require(try bench.ask(asked))
        #expect(seen.last == expected)
        #expect(reply.questions.map(\.text) == ["\(asked). IN A"])
        #expect(reply.responseCode == .noError)
    }

    @Test(
        "a name that would be none is SERVFAIL, with the asker's question",
        arguments: ["..bad", String(repeating: "y", count: 63)])
    func invalid(_ text: String) throws {
        let bench = try Self.bench("rewrite continue name a.test b.test\nrewrite name regex ^(b) {1}\(text)")
        let reply = try #require(try bench.ask("a.test"))
        #expect(reply.responseCode == .serverFailure && reply.questions.map(\.text) == ["a.test. IN A"])
    }

    struct Answer: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var rule: String
        var asked = "www.in.test"
        var expected: [String]
    }

    @Test(
        "names in the reply",
        arguments: [
            Answer(
                testDescription: "an exact name stands there again, in owners and in data, with what is below it",
                rule: "name exact www.in.test www.out.test",
                expected: [
                    "www.in.test. 60 IN A 192.0.2.1", "x.test. 60 IN CNAME a.www.in.test.",
                    "x.test. 60 IN MX 5 www.in.test.",
                ]),
            Answer(
                testDescription: "of others the reply is left alone",
                rule: "name suffix .in.test .out.test",
                expected: [
                    "www.out.test. 60 IN A 192.0.2.1", "x.test. 60 IN CNAME a.www.out.test.",
                    "x.test. 60 IN MX 5 www.out.test.",
                ]),
            Answer(
                testDescription: "auto puts a suffix back wherever it stands",
                rule: "name suffix .out.test .out.test answer auto\nrewrite name suffix .in.test .out.test answer auto",
                expected: [
                    "www.in.test. 60 IN A 192.0.2.1", "x.test. 60 IN CNAME a.www.in.test.",
                    "x.test. 60 IN MX 5 www.in.test.",
                ]),
            Answer(
                testDescription: "auto puts the whole name back for a regular expression",
                rule: "name regex (.*)[.]in[.]test {1}.out.test answer auto",
                expected: [
                    "www.in.test. 60 IN A 192.0.2.1", "x.test. 60 IN CNAME a.www.in.test.",
                    "x.test. 60 IN MX 5 www.in.test.",
                ]),
            Answer(
                testDescription: "answer name is for owners",
                rule: "name suffix .in.test .out.test answer name (.*)[.]out[.]test {1}.new.test",
                expected: [
                    "www.new.test. 60 IN A 192.0.2.1", "x.test. 60 IN CNAME a.www.out.test.",
                    "x.test. 60 IN MX 5 www.out.test.",
                ]),
            Answer(
                testDescription: "answer value is for data",
                rule: "name suffix .in.test .out.test answer value (.*)[.]out[.]test {1}.new.test",
                expected: [
                    "www.out.test. 60 IN A 192.0.2.1", "x.test. 60 IN CNAME a.www.new.test.",
                    "x.test. 60 IN MX 5 www.new.test.",
                ]),
            Answer(
                testDescription: "'answer' is said once for both",
                rule: "name suffix .in.test .out.test answer name ^w(.*)[.]$ v{1} value ^w(.*)[.]$ u{1}",
                expected: [
                    "vww.out.test. 60 IN A 192.0.2.1", "x.test. 60 IN CNAME a.www.out.test.",
                    "x.test. 60 IN MX 5 uww.out.test.",
                ]),
            Answer(
                testDescription: "of two rules the last is put back first",
                rule: "continue name www.in.test mid.test\nrewrite name mid.test www.out.test",
                expected: [
                    "www.in.test. 60 IN A 192.0.2.1", "x.test. 60 IN CNAME a.www.in.test.",
                    "x.test. 60 IN MX 5 www.in.test.",
                ]),
            Answer(
                testDescription: "a text that is no name leaves the name as it is",
                rule: "name suffix .in.test .out.test answer name ^(w)ww .{1}",
                expected: [
                    "www.out.test. 60 IN A 192.0.2.1", "x.test. 60 IN CNAME a.www.out.test.",
                    "x.test. 60 IN MX 5 www.out.test.",
                ]),
        ])
    func answers(_ row: Answer) throws {
        let out = try Self.name("www.out.test")
        let x = try Self.name("x.test")
        let answers = [
            try Self.address("www.out.test"), Record(x, .CNAME, ttl: 60, .cname(try Self.name("a.www.out.test"))),
            Record(x, .MX, ttl: 60, .mx(MXData(preference: 5, exchange: out))),
        ]
        let bench = try Self.bench("rewrite \(row.rule)", answers: answers)
        let reply = try #require(try bench.ask(row.asked))
        #expect(reply.answers.map(\.text) == row.expected)
        #expect(reply.questions.map(\.text) == ["www.in.test. IN A"])
    }

    @Test("the name in the data is changed for each type that has one")
    func values() throws {
        let (owner, out) = (try Self.name("x.test"), try Self.name("b.out.test"))
        let soa = SOAData(primary: out, mailbox: out, serial: 1, refresh: 2, retry: 3, expire: 4, minimum: 5)
        let naptr = NAPTRData(order: 1, preference: 2, flags: "s", services: "", regexp: "", replacement: out)
        let answers = [
            Record(owner, .NS, ttl: 60, .ns(out)), Record(owner, .PTR, ttl: 60, .ptr(out)),
            Record(owner, .DNAME, ttl: 60, .dname(out)),
            Record(owner, .SRV, ttl: 60, .srv(SRVData(priority: 1, weight: 2, port: 3, target: out))),
            Record(owner, .SOA, ttl: 60, .soa(soa)), Record(owner, .NAPTR, ttl: 60, .naptr(naptr)),
            Record(owner, .TXT, ttl: 60, .txt(TXTData(splitting: "b.out.test."))),
        ]
        let bench = try Self.bench(
            "rewrite name suffix .in.test .out.test answer value (.*)[.]out[.]test[.]$ {1}.new.test", answers: answers)
        let texts = try #require(try bench.ask("x.in.test")).answers.map(\.text)
        // Of an SOA record it is the server, and not the mailbox.
        #expect(
            texts == [
                "x.test. 60 IN NS b.new.test.", "x.test. 60 IN PTR b.new.test.", "x.test. 60 IN DNAME b.new.test.",
                "x.test. 60 IN SRV 1 2 3 b.new.test.", "x.test. 60 IN SOA b.new.test. b.out.test. 1 2 3 4 5",
                "x.test. 60 IN NAPTR 1 2 \"s\" \"\" \"\" b.new.test.", "x.test. 60 IN TXT \"b.out.test.\"",
            ])
    }

    @Test(
        "TTLs are brought into a range, of the names that the rule is for",
        arguments: [
            ("ttl a.test 500", [500, 500, 500]), ("ttl exact a.test 30-70", [30, 60, 70]),
            ("ttl prefix a. 30-", [30, 60, 3_600]), ("ttl suffix .test -30", [1, 30, 30]),
            ("ttl substring .t 5-5", [1, 60, 3_600]), ("ttl substring a.test 5-5", [5, 5, 5]),
            ("ttl regex ^a[.] 100-200", [100, 100, 200]), ("ttl b.test 500", [1, 60, 3_600]),
            ("ttl a.test 0", [0, 0, 0]),
        ] as [(String, [UInt32])])
    func ttl(_ rule: String, expected: [UInt32]) throws {
        let answers = try [1, 60].map { try Self.address("a.test", ttl: $0) }
        let bench = try Self.bench(
            "rewrite \(rule)", answers: answers, authorities: [try Self.address("c.test", ttl: 3_600)])
        let reply = try #require(try bench.ask("a.test", edns: EDNS(dnssecOK: true)))
        #expect((reply.answers + reply.authorities).map(\.ttl) == expected)
        #expect(reply.edns?.dnssecOK == true)
    }

    @Test(
        "codes are changed, with and without records",
        arguments: [
            ("rcode a.test NXDOMAIN NOERROR", ResponseCode.nameError, ResponseCode.noError),
            ("rcode exact a.test 3 0", .nameError, .noError),
            ("rcode suffix .test NXDOMAIN REFUSED", .nameError, .refused),
            ("rcode a.test NXDOMAIN NOERROR", .refused, .refused), ("rcode b.test REFUSED NOERROR", .refused, .refused),
            ("rcode regex . servfail nxdomain", .serverFailure, .nameError),
        ], [false, true])
    func code(_ row: (String, ResponseCode, ResponseCode), hasRecords: Bool) throws {
        let records = hasRecords ? [try Self.address("a.test"), try Self.address("a.test")] : []
        let bench = try Self.bench("rewrite \(row.0)", answers: records, code: row.1)
        #expect(try bench.ask("a.test")?.responseCode == row.2)
    }

    @Test("a code is changed once by each rule, the last rule first, however many records there are")
    func codes() throws {
        let records = [try Self.address("a.test"), try Self.address("b.test"), try Self.address("c.test")]
        let bench = try Self.bench(
            "rewrite continue rcode a.test NXDOMAIN REFUSED\nrewrite rcode a.test REFUSED NOERROR", answers: records,
            code: .nameError)
        #expect(try bench.ask("a.test")?.responseCode == .refused)
    }

    @Test("a question of another class comes in where a rule is for that class", arguments: [true, false])
    func classes(_ hasRule: Bool) throws {
        let bench = try PluginBench(
            ". {\nrewrite class \(hasRule ? "CH" : "IN") IN\nerratic\n}\n",
            [
                RewritePlugin.definition,
                ScriptedPlugin.definition { query in
                    query.beginReply(query.recordClass == .IN ? .noError : .notImplemented)
                    return .reply
                },
            ])
        let question = Question(try Self.name("a.test"), .TXT, recordClass: .CH)
        let reply = try #require(try bench.send(Message(id: 7, asking: question)))
        #expect(reply.responseCode == (hasRule ? .noError : .refused) && reply.questions == [question])
    }
}
