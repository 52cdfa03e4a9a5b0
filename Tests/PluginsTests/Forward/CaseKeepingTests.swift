import DNSWire
import Synchronization
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("Upstreams that keep the case of questions") struct CaseKeepingTests {
    private static let hour: UInt64 = 3_600_000_000_000
    private static let minute: UInt64 = 60_000_000_000

    /// Answers until a trial is due; nil when none is for a thousand.
    private func answersUntilTrial(_ keeping: CaseKeeping, at now: UInt64) -> Int? {
        (1...1_000).first { _ in keeping.noteAnswer(at: now) }
    }

    @Test("nothing is believed before a trial, which begins after 64 answers and is one at a time")
    func trial() {
        let keeping = CaseKeeping()
        #expect(answersUntilTrial(keeping, at: 1) == 64)
        #expect(!keeping.isKept)
        #expect(answersUntilTrial(keeping, at: 1) == nil)
        keeping.endTrial(.kept, at: 2)
        #expect(keeping.isKept)
        #expect(answersUntilTrial(keeping, at: 3) == nil)
    }

    @Test(
        "after a trial that failed the next one waits",
        arguments: [(CaseKeeping.Verdict.notKept, hour), (.unknown, minute), (.tooFewLetters, 0)])
    func pauses(_ verdict: CaseKeeping.Verdict, _ pause: UInt64) {
        let keeping = CaseKeeping()
        _ = answersUntilTrial(keeping, at: 1)
        keeping.endTrial(verdict, at: 1)
        #expect(!keeping.isKept)
        if pause > 0 { #expect(answersUntilTrial(keeping, at: pause) == nil) }
        #expect(answersUntilTrial(keeping, at: pause + 1) != nil)
    }

    @Test(
        "three replies in another case, with none in the right one between, show that it was replaced"
    )
    func replaced() {
        let keeping = CaseKeeping()
        _ = answersUntilTrial(keeping, at: 1)
        keeping.endTrial(.kept, at: 1)
        for _ in 0..<100 {
            for _ in 0..<2 { #expect(keeping.noteOtherCase(at: 2)) }
            keeping.noteSameCase()
        }
        #expect(keeping.isKept)
        for number in 1...3 { #expect(keeping.noteOtherCase(at: 2) == (number < 3)) }
        #expect(!keeping.isKept)
    }

    /// An upstream that answers in whatever case a test says.
    private final class Answering: Sendable {
        enum Way { case asAsked, lowered, silentToMixed }
        let way: Mutex<Way>
        let questions = Mutex<[[UInt8]]>([])

        init(_ way: Way) { self.way = Mutex(way) }

        func reply(_ query: [UInt8]) -> [[UInt8]] {
            questions.withLock { $0.append(query) }
            let lowered = Self.lowered(query)
            switch way.withLock({ $0 }) {
            case .asAsked: return [ScriptedReply.answer(query)]
            case .lowered: return [ScriptedReply.answer(lowered)]
            case .silentToMixed: return query == lowered ? [ScriptedReply.answer(query)] : []
            }
        }

        static func lowered(_ query: [UInt8]) -> [UInt8] {
            guard var message = try? Message(decoding: query.span) else { return query }
            message.questions[0].name = message.questions[0].name.lowercased
            return message.encoded()
        }

        /// How many of the last `count` questions were not in lower case.
        func mixed(_ count: Int) -> Int {
            questions.withLock { $0.suffix(count).count { Self.lowered($0) != $0 } }
        }
    }

    /// An upstream that keeps the case of questions, and who forwards to it after the trial.
    private func proven() async throws -> (Answering, ForwardFixture) {
        let answering = Answering(.asAsked)
        let server = try await ScriptedDatagrams { query, _ in answering.reply(query) }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(server.port)")
        let keeping = fixture.plugin.groups[0].upstreams[0].caseKeeping
        try await ask(fixture, 63)
        #expect(answering.mixed(63) == 0)
        try await ask(fixture, 1)
        try await wait(for: "the trial") { keeping.isKept }
        return (answering, fixture)
    }

    private func ask(_ fixture: ForwardFixture, _ count: Int) async throws {
        for number in 0..<count {
            let outcome = try await fixture.ask("host-\(number).example.test")
            #expect(outcome.reply.responseCode == .noError)
            #expect(outcome.reply.questions.map(\.name.text) == ["host-\(number).example.test."])
            #expect(outcome.reply.answers.count == 1)
        }
    }

    @Test("one that keeps it is asked in random case from then on, and the asker gets its own")
    func kept() async throws {
        let (answering, fixture) = try await proven()
        try await ask(fixture, 20)
        // A name of fifteen letters is in lower case by chance once in 32,768.
        #expect(answering.mixed(20) >= 18)
        await fixture.retire()
    }

    @Test("one that does not is asked in the asker's case, and loses nothing")
    func notKept() async throws {
        let answering = Answering(.lowered)
        let server = try await ScriptedDatagrams { query, _ in answering.reply(query) }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(server.port)")
        try await ask(fixture, 64)
        try await wait(for: "the trial") { answering.questions.withLock { $0.count } > 64 }
        try await ask(fixture, 100)
        #expect(answering.mixed(100) == 0)
        #expect(!fixture.plugin.groups[0].upstreams[0].caseKeeping.isKept)
        await fixture.retire()
    }

    @Test("one that stops keeping it is noticed by its replies, and every query is answered all the same")
    func stops() async throws {
        let (answering, fixture) = try await proven()
        let keeping = fixture.plugin.groups[0].upstreams[0].caseKeeping
        answering.way.withLock { $0 = .lowered }
        try await ask(fixture, 3)
        #expect(!keeping.isKept)
        let ignored = fixture.metrics("needletail_forward_ignored_replies_total").filter { $0.contains("wrong_case") }
        #expect(ignored.allSatisfy { $0.hasSuffix(" 2") } && ignored.count == 1)
        await fixture.retire()
    }

    @Test("a query that is not answered in time fails with the question as it was asked")
    func silent() async throws {
        let (answering, fixture) = try await proven()
        answering.way.withLock { $0 = .silentToMixed }
        let outcome = try await fixture.ask("A-Long-Name.Example.TEST", timeLeft: 200_000_000)
        #expect(outcome.reply.responseCode == .serverFailure)
        #expect(outcome.reply.questions.map(\.name.text) == ["A-Long-Name.Example.TEST."])
        await fixture.retire()
    }

    @Test("RFC 6672 §3.3: an alias that a DNAME record makes has the asker's labels, in the asker's case")
    func dname() throws {
        let server = try ForwardBench("forward . 127.0.0.1:9 {\nmax_fails 0\n}", waiting: 4)
        let asked = try Name(parsing: "WwW.old.example.test")
        let query = server.worker.takeQuery()
        let encoded = Message(id: 1, asking: Question(asked, .A)).encoded()
        query.take(encoded.span)
        #expect(query.admit() == .admitted)
        // The upstream saw another case.
        var reply = Message(id: 1, asking: Question(try Name(parsing: "wWw.OLD.example.test"), .A))
        reply.flags.isResponse = true
        reply.answers = [
            Record(try Name(parsing: "OLD.example.test"), .DNAME, ttl: 60, .dname(try Name(parsing: "new.test"))),
            Record(reply.questions[0].name, .CNAME, ttl: 60, .cname(try Name(parsing: "wWw.new.test"))),
        ]
        let answer = reply.encoded()
        try query.takeReply(answer.span)
        query.giveAskersCase()
        let writer = query.reply
        writer.finish()
        let octets = writer.bytes.copy()
        let taken = try Message(decoding: octets.span)
        #expect(taken.answers.last?.text == "WwW.old.example.test. 60 IN CNAME WwW.new.test.")
        #expect(taken.answers.first?.data.text == "new.test.")
        server.worker.recycle(query)
        server.retire()
    }
}
