import DNSWire
import Testing

@testable import DNSServer
@testable import Plugins

@Suite struct CachePolicyTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var reply: CacheReply
        var type = RecordType.A
        var dnssecOK: Bool?
        var options = ""
        var place: CachePolicy.Place?
        var ttl: UInt32
    }

    static let rows: [Row] = [
        // What is kept, and where.
        Row(testDescription: "an answer", reply: .init(answers: ["a.test 60 A"]), place: .success, ttl: 60),
        Row(
            testDescription: "an answer at the end of a chain of aliases",
            reply: .init(answers: ["a.test 60 CNAME b.test", "b.test 50 CNAME c.test", "c.test 40 A"]), place: .success,
            ttl: 40),
        Row(
            testDescription: "aliases without the data, with SOA: no data",
            reply: .init(answers: ["a.test 60 CNAME b.test"], authorities: [CacheReply.soa]), place: .denial, ttl: 60),
        Row(
            testDescription: "aliases without the data nor SOA", reply: .init(answers: ["a.test 60 CNAME b.test"]),
            ttl: 60),
        Row(
            testDescription: "the alias itself was asked for", reply: .init(answers: ["a.test 60 CNAME b.test"]),
            type: .CNAME,
            place: .success, ttl: 60),
        Row(testDescription: "an answer of another name only", reply: .init(answers: ["b.test 60 A"]), ttl: 60),
        Row(
            testDescription: "ANY is answered by any record of the name", reply: .init(answers: ["a.test 60 NS"]),
            type: .ANY,
            place: .success, ttl: 60),
        Row(
            testDescription: "two aliases of one name that disagree",
            reply: .init(answers: ["a.test 60 CNAME b.test", "a.test 60 CNAME c.test", "b.test 60 A"]), ttl: 60),
        Row(
            testDescription: "aliases in a circle",
            reply: .init(answers: ["a.test 60 CNAME b.test", "b.test 60 CNAME a.test"]), ttl: 60),
        Row(
            testDescription: "no such data, with SOA", reply: .init(authorities: [CacheReply.soa]), place: .denial,
            ttl: 60),
        Row(
            testDescription: "a referral", reply: .init(authorities: ["test 300 NS"], additionals: ["ns.test 300 A"]),
            place: .success, ttl: 5),
        Row(testDescription: "nothing at all", reply: .init(), place: .success, ttl: 5),
        Row(
            testDescription: "no such name, with SOA", reply: .init(code: .nameError, authorities: [CacheReply.soa]),
            place: .denial, ttl: 60),
        Row(testDescription: "no such name, without SOA", reply: .init(code: .nameError), ttl: 5),
        Row(
            testDescription: "no such name, with an alias",
            reply: .init(code: .nameError, answers: ["a.test 60 CNAME b.test"], authorities: [CacheReply.soa]), ttl: 5),
        Row(
            testDescription: "an alias whose target fails: as the failure",
            reply: .init(code: .serverFailure, answers: ["a.test 60 CNAME b.test"]), place: .denial, ttl: 5),
        Row(
            testDescription: "an alias whose target is refused",
            reply: .init(code: .refused, answers: ["a.test 60 CNAME b.test"]), ttl: 5),
        Row(testDescription: "SERVFAIL", reply: .init(code: .serverFailure), place: .denial, ttl: 5),
        Row(testDescription: "NOTIMP", reply: .init(code: .notImplemented), place: .denial, ttl: 5),
        Row(testDescription: "REFUSED", reply: .init(code: .refused), ttl: 5),
        Row(testDescription: "FORMERR", reply: .init(code: .formatError), ttl: 5),
        Row(
            testDescription: "a truncated reply",
            reply: .init(answers: ["a.test 60 A"], flags: 0x8000 | MessageHeader.Flags.truncated), ttl: 60),
        Row(testDescription: "a zone transfer", reply: .init(answers: ["a.test 60 A"]), type: .AXFR, ttl: 5),
        Row(
            testDescription: "a signature out of date, for an asker who cares",
            reply: .init(answers: ["a.test 60 A", "a.test 60 RRSIG 1"]), dnssecOK: true, ttl: 5),
        Row(
            testDescription: "a signature that is valid", reply: .init(answers: ["a.test 60 A", "a.test 60 RRSIG"]),
            dnssecOK: true, place: .success, ttl: 60),
        Row(
            testDescription: "a signature out of date, for an asker who does not care",
            reply: .init(answers: ["a.test 60 A", "a.test 60 RRSIG 1"]), place: .success, ttl: 60),
        // For how long.
        Row(
            testDescription: "the lowest TTL of all sections counts, OPT's is none",
            reply: .init(
                answers: ["a.test 60 A"], authorities: ["test 50 NS"], additionals: ["ns.test 40 A"], dnssecOK: true),
            place: .success, ttl: 40),
        Row(
            testDescription: "a TTL below the least is raised", reply: .init(answers: ["a.test 0 A"]), place: .success,
            ttl: 5),
        Row(
            testDescription: "MINTTL 0 keeps nothing that has no TTL", reply: .init(answers: ["a.test 0 A"]),
            options: "success 9984 30 0", ttl: 0),
        Row(
            testDescription: "a TTL above the most is lowered", reply: .init(answers: ["a.test 100000 A"]),
            place: .success,
            ttl: 3_600),
        Row(
            testDescription: "the most comes before the least", reply: .init(answers: ["a.test 1 A"]),
            options: "success 9984 3", place: .success, ttl: 3),
        Row(
            testDescription: "RFC 2308 §5: a negative answer lives for the lesser of SOA TTL and MINIMUM",
            reply: .init(code: .nameError, authorities: ["test 300 SOA 20"]), place: .denial, ttl: 20),
        Row(
            testDescription: "the most for denials is another", reply: .init(authorities: ["test 9000 SOA 9000"]),
            place: .denial,
            ttl: 1_800),
        Row(
            testDescription: "failures live as long as servfail says", reply: .init(code: .serverFailure),
            options: "servfail 20s", place: .denial, ttl: 20),
        Row(
            testDescription: "servfail 0 keeps none", reply: .init(code: .serverFailure), options: "servfail 0", ttl: 0),
    ]

    @Test("each reply has its place and its time", arguments: rows)
    func row(_ row: Row) throws {
        let fixture = try CacheFixture("cache {\n\(row.options)\n}")
        let query = try fixture.query("a.test", row.type, dnssecOK: row.dnssecOK)
        try fixture.take(query, row.reply)
        query.reply.finish()
        let reply = query.reply
        let scan = ReplyScan()
        try scan.read(reply.bytes, type: query.type, wallSeconds: row.dnssecOK == true ? 1_000_000 : nil)
        let policy = try CachePolicy(
            reply.bytes, scan, code: query.responseCode, type: query.type, recordClass: query.recordClass,
            fixture.plugin.configuration)
        #expect(policy.place == row.place)
        #expect(policy.ttl == row.ttl)
    }

    @Test("an extended code is never taken for its lower four bits")
    func extendedCode() throws {
        let fixture = try CacheFixture()
        let query = try fixture.query("a.test", dnssecOK: false)
        try fixture.take(query, CacheReply(answers: ["a.test 60 A"]))
        query.reply.finish()
        let reply = query.reply
        let scan = ReplyScan()
        try scan.read(reply.bytes, type: .A, wallSeconds: nil)
        let policy = try CachePolicy(
            reply.bytes, scan, code: .badVersion, type: .A, recordClass: .IN, fixture.plugin.configuration)
        #expect(policy.place == nil)
    }
}
