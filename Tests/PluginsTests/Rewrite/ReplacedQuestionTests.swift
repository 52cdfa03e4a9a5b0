import Corefile
import DNSWire
import Synchronization
import Testing

@testable import DNSServer
@testable import Plugins

/// Another question in place of the asker's, and what the chain puts back of it.
@Suite("Replaced questions")
struct ReplacedQuestionTests {
    /// What a plugin saw of a query, and of its reply.
    struct Sight: Equatable {
        var question: String
        var name: String
        var edns: EDNS?
    }

    /// A plugin that notes what it sees, and replaces the question when it has one to replace it with.
    private final class Observer: QuestionReplacer, ReplyHandler {
        let replacement: Question?
        let note: (Sight) -> Void
        let verdict: Verdict

        init(_ replacement: Question?, _ verdict: Verdict = .next, _ note: @escaping (Sight) -> Void) {
            self.replacement = replacement
            self.verdict = verdict
            self.note = note
        }

        private func look(_ query: Query) {
            guard let message = try? Message(decoding: query.message), let question = message.questions.first else {
                return note(Sight(question: "damaged", name: ""))
            }
            note(Sight(question: question.text, name: query.ownedName.text, edns: message.edns))
        }

        func handle(_ query: Query) -> Verdict {
            look(query)
            if let replacement { #expect(query.replaceQuestion(with: replacement)) }
            return verdict
        }

        func finish(_ query: Query) -> ReplyVerdict {
            look(query)
            return .done
        }
    }

    private final class Seen: Sendable {
        let sights = Mutex<[String: [Sight]]>([:])
        func note(_ plugin: String, _ sight: Sight) { sights.withLock { $0[plugin, default: []].append(sight) } }
        func questions(_ plugin: String) -> [String] { sights.withLock { $0[plugin] ?? [] }.map(\.question) }
    }

    private static func question(_ name: String, _ type: RecordType = .TXT) throws -> Question {
        Question(try Name(parsing: name), type)
    }

    /// first, second (replaces), third (replaces), last (answers): the directives are those of other plugins, whose places are known.
    private func bench(
        _ seen: Seen, second: Question?, third: Question? = nil, thirdSays: Verdict = .next,
        answer: @escaping @Sendable (Query) -> Void = { $0.appendAddress() }
    ) throws -> PluginBench {
        nonisolated(unsafe) let thirdSays = thirdSays
        func observer(_ name: String, _ question: Question?, _ verdict: Verdict = .next) -> PluginDefinition {
            nonisolated(unsafe) let verdict = verdict
            return PluginDefinition(name) { _, _ in
                HandlerPlugin(name) { _ in unsafe Observer(question, verdict) { seen.note(name, $0) } }
            }
        }
        return try PluginBench(
            ". {\nlog\ncache\nheader\nerratic\n}\n",
            [
                observer("log", nil), observer("cache", second), observer("header", third, unsafe thirdSays),
                ScriptedPlugin.definition { query in
                    seen.note(
                        "last",
                        Sight(
                            question: (try? Message(decoding: query.message))?.questions.first?.text ?? "",
                            name: query.ownedName.text))
                    query.beginReply()
                    answer(query)
                    return .reply
                },
            ])
    }

    @Test("those behind see the new question, those in front and the asker the old one, in its own case; OPT stays")
    func both() throws {
        let seen = Seen()
        let bench = try bench(seen, second: try Self.question("a.much.longer.name.test"))
        let edns = EDNS(payloadSize: 1_400, dnssecOK: true, options: [EDNSOption(.nsid)])
        let reply = try #require(try bench.ask("Www.Test", edns: edns))
        let (old, new) = ("Www.Test. IN A", "a.much.longer.name.test. IN TXT")
        #expect(seen.questions("log") == [old, old])
        #expect(seen.questions("cache") == [old, old])
        #expect(seen.questions("header") == [new, new] && seen.questions("last") == [new])
        for sights in seen.sights.withLock({ $0 }).values {
            for sight in sights {
                #expect(sight.name == (sight.question == old ? "www.test." : "a.much.longer.name.test."))
            }
        }
        #expect(seen.sights.withLock { $0["header"]?.allSatisfy { $0.edns == edns } } == true)
        #expect(reply.questions.map(\.text) == [old] && reply.edns?.payloadSize == 1_400)
        // The record keeps its owner, which pointed to the question.
        #expect(reply.answers.map(\.text) == ["a.much.longer.name.test. 60 IN A 192.0.2.9"])
    }

    @Test("each plugin gets back the question that it had replaced")
    func nested() throws {
        let seen = Seen()
        let bench = try bench(
            seen, second: try Self.question("b.test"), third: try Self.question("a.longer.name.c.test", .MX))
        let reply = try #require(try bench.ask("a.test"))
        #expect(seen.questions("header") == ["b.test. IN TXT", "b.test. IN TXT"])
        #expect(seen.questions("last") == ["a.longer.name.c.test. IN MX"])
        #expect(seen.questions("log") == ["a.test. IN A", "a.test. IN A"])
        #expect(reply.questions.map(\.text) == ["a.test. IN A"])
    }

    @Test(
        "a plugin that replaces the question and then answers or fails itself leaves nothing of it",
        arguments: [true, false])
    func own(fails: Bool) throws {
        let seen = Seen()
        let verdict = fails ? Verdict.fail(QueryFailure(.serverFailure, "no")) : Verdict.drop
        let bench = try bench(seen, second: nil, third: try Self.question("b.test"), thirdSays: verdict)
        let reply = try bench.ask("a.test")
        #expect(seen.questions("log") == ["a.test. IN A", "a.test. IN A"])
        #expect((reply == nil) != fails)
        if fails { #expect(reply?.questions.map(\.text) == ["a.test. IN A"] && reply?.responseCode == .serverFailure) }
    }

    @Test(
        "a large reply is whole, and what does not fit is cut at a record, when names are written anew behind the asker's question"
    )
    func large() throws {
        let bench = try bench(Seen(), second: try Self.question("b.test")) { query in
            for _ in 0..<200 { query.appendAddress() }
        }
        #expect(try bench.ask("a.test", transport: .tcp)?.answers.count == 200)
        let reply = try #require(try bench.ask("a.test", edns: EDNS(payloadSize: 1_232)))
        #expect(reply.flags.isTruncated && (30..<100).contains(reply.answers.count))
    }

    @Test("names that point into one another stand as they were, whatever their question's length is now")
    func pointers() throws {
        let target = try Name(parsing: "x.y.replaced.test")
        let bench = try bench(Seen(), second: try Self.question("replaced.test")) { query in
            let record = query.reply.beginRecord(ownerAt: MessageHeader.length, type: .CNAME, ttl: 60)
            query.reply.append(name: target.wire.span)
            query.reply.endRecord(record)
            Record(target, .A, ttl: 5, .a(IPAddress(v4: 1))).encode(into: query.reply)
        }
        for asked in ["a", "a.test", "replaced.test", "a.name.that.is.longer.than.the.other.one.test"] {
            #expect(
                try bench.ask(asked)?.answers.map(\.text) == [
                    "replaced.test. 60 IN CNAME x.y.replaced.test.", "x.y.replaced.test. 5 IN A 0.0.0.1",
                ])
        }
    }

    @Test("a question of the greatest length fits in, and back")
    func longest() throws {
        let label = String(repeating: "x", count: 63)
        let long = "\(label).\(label).\(label).\(String(repeating: "x", count: 61))"
        for (asked, new) in [("a", long), (long, "a")] {
            let seen = Seen()
            let reply = try #require(try bench(seen, second: try Self.question(new)).ask(asked, edns: EDNS()))
            #expect(seen.questions("last") == ["\(new). IN TXT"] && reply.questions.map(\.text) == ["\(asked). IN A"])
        }
    }
}
