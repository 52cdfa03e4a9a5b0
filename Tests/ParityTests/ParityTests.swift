import TestSupport
import Testing

/// The server against the replies that CoreDNS 1.14.7 gave to the same queries with the same Corefile.
@Suite("Parity with CoreDNS", .serialized)
struct ParityTests {
    static let served = [
        "hosts", "template", "kubeadm", "kubernetes-defaults", "ignore-empty", "namespaces", "pods-verified",
        "zonal", "external-names", "autopath", "header", "template-more", "rewrite", "rewrite-names",
        "rewrite-answers", "rewrite-edns0", "rewrite-edns0-unset", "dns64", "identity", "acl", "small-plugins",
        "view",
    ]

    /// Suites whose Corefile has a plugin that is not served yet, and what the error names.
    static let notServedYet = [
        "file": "file"
    ]

    @Test("every reply agrees in whole with the recorded one, but for the differences on purpose", arguments: served)
    func agrees(name: String) async throws {
        let suite = try RecordedSuite.named(name)
        let intended = try IntendedDifference.all().filter { $0.suite == name }
        let outcomes = try await SuiteRun(suite: suite).outcomes()
        #expect(!outcomes.isEmpty)
        print(Self.summary(name, outcomes))
        let complaints = outcomes.compactMap { Self.complaint(about: $0, intended) }
        for complaint in complaints.prefix(25) { Issue.record("\(name): \(complaint)") }
        if complaints.count > 25 { Issue.record("\(name): and \(complaints.count - 25) more") }
        let asked = Set(suite.cases.map(\.query))
        for difference in intended where !asked.contains(difference.query) {
            Issue.record("\(name): differences.json has a query that is never asked: \(json(difference.query))")
        }
    }

    @Test(
        "a Corefile with a plugin that is not served is refused at start, by name",
        arguments: notServedYet.keys.sorted())
    func isRefused(name: String) async throws {
        let refusal = try await SuiteRun(suite: try RecordedSuite.named(name)).refusal()
        #expect(refusal.exit == .status(1))
        let word = Self.notServedYet[name] ?? name
        #expect(refusal.log.contains("Corefile:"), "no place in: \(refusal.log)")
        #expect(refusal.log.contains("does not serve") && refusal.log.contains(word), "\(refusal.log)")
    }

    @Test("every recorded suite is either served or listed as not served yet")
    func knowsAllSuites() throws {
        let files = try Fixtures.names().filter { $0.hasPrefix("suite-") }
        let listed = (Self.served + Self.notServedYet.keys).map { "suite-\($0).json" }
        #expect(files.sorted() == listed.sorted())
    }

    private static func summary(_ name: String, _ outcomes: [SuiteRun.Outcome]) -> String {
        let answers = outcomes.count { $0.agreement.inAnswers }
        let whole = outcomes.count { $0.agreement.inWhole }
        return "parity \(name): \(outcomes.count) replies, \(answers) agree in answers, \(whole) in whole"
    }

    /// What is wrong with an outcome, or nil when it is as recorded or as intended.
    private static func complaint(about outcome: SuiteRun.Outcome, _ intended: [IntendedDifference]) -> String? {
        let query = outcome.recorded.query
        let difference = intended.first { $0.query == query }
        if outcome.agreement.inWhole {
            return difference == nil ? nil : "no longer differs, take it out of differences.json: \(json(query))"
        }
        if let difference, Agreement(recorded: difference.reply, got: outcome.got).inWhole { return nil }
        let expected = difference?.reply ?? outcome.recorded.response
        return """
            \(json(query))
              \(difference == nil ? "recorded" : "intended") \(json(expected))
              got      \(json(outcome.got))
            """
    }
}
