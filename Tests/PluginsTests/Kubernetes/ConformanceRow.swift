import DNSWire
import Testing

@testable import Plugins

/// One question to a cluster and what must be said.
struct ConformanceRow: Sendable, CustomTestStringConvertible {
    /// The rule that it shows.
    let rule: String
    let name: String
    let type: RecordType
    let expected: ClusterFixture.Reply

    var testDescription: String { "\(rule): \(name) \(type)" }

    init(_ rule: String, _ name: String, _ type: RecordType, _ expected: ClusterFixture.Reply) {
        self.rule = rule
        self.name = name
        self.type = type
        self.expected = expected
    }

    /// A row whose records have the asked name as owner unless they begin with another.
    init(_ rule: String, _ name: String, _ type: RecordType, _ answers: [String], extras: [String] = []) {
        let owner = name.hasSuffix(".") ? name : "\(name).cluster.local."
        self.init(
            rule, name, type,
            ClusterFixture.Reply(
                code: "NOERROR", answers: answers.map { $0.replacing("@", with: owner) }.sorted(),
                extras: extras.map { $0.replacing("@", with: owner) }.sorted()))
    }
}
