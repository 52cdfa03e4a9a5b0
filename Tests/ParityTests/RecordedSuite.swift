import Foundation

/// A Corefile, and what CoreDNS answered with it.
struct RecordedSuite: Decodable, Sendable {
    var suite: String
    var corefile: String
    /// Files beside the Corefile, by name.
    var files: [String: String]
    /// Whether the Corefile needs the cluster.
    var kubernetes: Bool
    var cases: [RecordedCase]

    /// Reads `suite-NAME.json`.
    static func named(_ name: String) throws -> RecordedSuite {
        try JSONDecoder().decode(RecordedSuite.self, from: Data(contentsOf: Fixtures.url("suite-\(name).json")))
    }
}

/// A query and the reply to it.
struct RecordedCase: Decodable, Sendable {
    var query: RecordedQuery
    var response: RecordedReply
}

/// A query as the suites have it.
struct RecordedQuery: Codable, Hashable, Sendable {
    var name: String
    var type: String
    /// The class; IN unless said.
    var cls: String?
    /// RD; set unless said.
    var rd: Bool?
    var cd: Bool?
    var ad: Bool?
    var tcp: Bool?
    /// The payload size offered, in octets.
    var edns: UInt16?
    var ednsver: UInt8?
    var `do`: Bool?
    /// Further EDNS options.
    var options: [RecordedOption]?
}

/// An EDNS option as the suites have it: `[code, "hex"]`.
struct RecordedOption: Codable, Hashable, Sendable {
    var code: UInt16
    var data: String

    init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        code = try list.decode(UInt16.self)
        data = try list.decode(String.self)
    }

    func encode(to encoder: any Encoder) throws {
        var list = encoder.unkeyedContainer()
        try list.encode(code)
        try list.encode(data)
    }
}

/// A reply as the suites have it: records as text, sorted.
struct RecordedReply: Codable, Equatable, Sendable {
    struct EDNS: Codable, Equatable, Sendable {
        var version: UInt8
        var payload: UInt16
        var `do`: Bool
        /// The codes of the options, sorted as text.
        var options: [String]
    }

    /// Why there is no reply.
    var error: String?
    var rcode: String?
    var flags: [String]?
    var question: [String]?
    var answer: [String]?
    var authority: [String]?
    var additional: [String]?
    var edns: EDNS?
}

/// A reply of ours that differs from the recorded one on purpose.
struct IntendedDifference: Decodable, Sendable {
    var suite: String
    var query: RecordedQuery
    /// Why ours is better.
    var reason: String
    /// What we answer instead.
    var reply: RecordedReply

    /// All of them: `differences.json`.
    static func all() throws -> [IntendedDifference] {
        try JSONDecoder().decode([IntendedDifference].self, from: Data(contentsOf: Fixtures.url("differences.json")))
    }
}

/// The files beside the tests.
enum Fixtures {
    static func url(_ name: String) -> URL {
        Bundle.module.bundleURL.appending(path: "Fixtures").appending(path: name)
    }

    static func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: url("").path)
    }

    static func text(_ name: String) throws -> String {
        try String(contentsOf: url(name), encoding: .utf8)
    }
}

/// A value as JSON on one line, as it would stand in a fixture.
func json(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "\(value)"
}
