import DNSWire
import TestSupport
import Testing

extension EndToEnd {
    /// Name servers that die and come back while they are asked.
    @Suite(
        "Lost upstreams",
        .enabled(
            if: NameServerProgram.missing.isEmpty,
            "programs are missing: \(NameServerProgram.missing.joined(separator: ", "))"))
    struct LostUpstreamsTests {
        /// What dies, and how it is asked.
        struct Case: Sendable, CustomTestStringConvertible {
            var program: NameServerProgram
            var options = ""
            var testDescription: String { "\(program.rawValue) \(options)" }
        }

        static let cases = [
            Case(program: .unbound), Case(program: .nsd), Case(program: .knot),
            Case(program: .knot, options: "force_tcp"),
        ]
        /// The longest that a query may take, and some more.
        private static let patience = Duration.seconds(8)

        @Test(
            "of two upstreams one is killed and starts again: every query is answered all the while", arguments: cases)
        func onesDeathIsNotNoticed(lost: Case) async throws {
            try await NameServer.run(lost.program, Self.setup("first")) { first in
                try await NameServer.run(lost.program, Self.setup("second")) { second in
                    let upstreams = "127.0.0.1:\(first.port) 127.0.0.1:\(second.port)"
                    try await Self.underLoad("forward . \(upstreams) {\n    \(lost.options)\n}") { server, load in
                        try await Self.waitForAnswer(of: "first", from: server)
                        try await first.kill()
                        try await load.waitForAnswers(200)
                        try await first.start()
                        try await Self.waitForAnswer(of: "first", from: server)
                        try await second.kill()
                        try await load.waitForAnswers(200)
                        let tally = try await load.stop()
                        #expect(tally.lost == 0 && tally.wrong == 0 && tally.refused == 0, "\(tally)")
                    }
                }
            }
        }

        @Test(
            "the only upstream is killed and starts again: every query is answered, and rightly again soon",
            arguments: cases)
        func recovers(lost: Case) async throws {
            try await NameServer.run(lost.program, Self.setup("only")) { only in
                try await Self.underLoad("forward . 127.0.0.1:\(only.port) {\n    \(lost.options)\n}") { server, load in
                    try await only.kill()
                    let wrong = load.tally.wrong
                    try await wait(for: "failures") { load.tally.wrong > wrong + 20 }
                    #expect(try await Self.ask(server)?.responseCode == .serverFailure)
                    try await only.start()
                    let start = ContinuousClock.now
                    try await Self.waitForAnswer(of: "only", from: server)
                    print("answers \(ContinuousClock.now - start) after \(lost.testDescription) was back")
                    try await load.waitForAnswers(200)
                    let tally = try await load.stop()
                    #expect(tally.lost == 0 && tally.refused == 0, "\(tally)")
                    try await Self.expectToBeWell(server)
                }
            }
        }

        /// Expects nothing but answers from now on.
        private static func expectToBeWell(_ server: RunningServer) async throws {
            let load = QueryLoad(asking: try question(), port: server.port, clients: 4, patience: patience)
            try await load.waitForAnswers(200)
            let tally = try await load.stop()
            #expect(tally.lost == 0 && tally.refused == 0 && tally.wrong == 0, "\(tally)")
        }

        // MARK: Parts

        /// A name server whose zone says which it is.
        private static func setup(_ text: String) -> NameServer.Setup {
            NameServer.Setup(zones: [Zone("lost.example", records: "who TXT \(text)")])
        }

        private static func question() throws -> Question {
            Question(try Name(parsing: "who.lost.example"), .TXT)
        }

        /// Runs `body` with a server that a few clients ask without a pause and have been answered.
        private static func underLoad(
            _ directives: String, _ body: (RunningServer, QueryLoad) async throws -> Void
        ) async throws {
            try await RunningServer.run(directives) { server in
                let load = QueryLoad(asking: try question(), port: server.port, clients: 4, patience: patience)
                do {
                    try await load.waitForAnswers(200)
                    try await body(server, load)
                } catch {
                    _ = try await load.stop()
                    throw error
                }
            }
        }

        private static func ask(_ server: RunningServer) async throws -> Message? {
            try await server.ask("who.lost.example", .TXT, within: patience)
        }

        /// Waits until the answer comes from the name server that says `text`.
        private static func waitForAnswer(of text: String, from server: RunningServer) async throws {
            try await wait(for: "an answer of '\(text)'") {
                try await ask(server)?.answers.map(\.data.text) == ["\"\(text)\""]
            }
        }
    }
}
