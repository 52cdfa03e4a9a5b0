import DNSWire
import TestSupport
import Testing

/// The built server as a process, asked over real sockets.
///
/// One test at a time, so that each has the machine to itself.
@Suite("End to end", .serialized)
struct EndToEnd {}

/// A server that runs and listens.
struct RunningServer: Sendable {
    let process: ServerProcessUnderTest
    let port: Int

    /// A Corefile with one server block on loopback.
    static func corefile(port: Int, _ body: String) -> String {
        let lines = body.split(separator: "\n").map { "    \($0)\n" }.joined()
        return ".:\(port) {\n    bind 127.0.0.1\n\(lines)}\n"
    }

    /// Two names of addresses; every other name under `.` does not exist.
    static let hosts = """
        hosts {
            192.0.2.1 one.example.org
            192.0.2.2 two.example.org
            2001:db8::2 two.example.org
        }
        """

    /// Runs `body` with a server whose only block has the directives of `directives`.
    static func run<Result>(
        _ directives: String, files: [String: String] = [:], environment: [String: String] = [:],
        arguments: [String] = [], prefix: [String] = [], _ body: (RunningServer) async throws -> Result
    ) async throws -> Result {
        let port = try FreePort.take()
        let setup = ServerProcessUnderTest.Setup(
            corefile: corefile(port: port, directives), files: files, environment: environment, arguments: arguments,
            prefix: prefix)
        return try await ServerProcessUnderTest.run(setup) { process in
            try await process.waitUntilListening(on: port)
            return try await body(RunningServer(process: process, port: port))
        }
    }

    /// Asks for records of a name.
    func ask(
        _ name: String, _ type: RecordType = .A, edns: EDNS? = nil, overTCP: Bool = false,
        within time: Duration = .seconds(5)
    ) async throws -> Message? {
        let query = Message(
            id: .random(in: 1...UInt16.max), asking: Question(try Name(parsing: name), type), edns: edns)
        let port = self.port
        return try await onThread { try Asking.message(query, port: port, overTCP: overTCP, within: time) }
    }

    /// The data of the answers for a name, as text, sorted.
    func answers(_ name: String, _ type: RecordType = .A, overTCP: Bool = false) async throws -> [String] {
        try await ask(name, type, overTCP: overTCP)?.answers.map(\.data.text).sorted() ?? []
    }

    /// Whether the same process still answers.
    func expectToBeWell(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let answers = try await answers("one.example.org")
        #expect(answers == ["192.0.2.1"], "\(process.log)", sourceLocation: sourceLocation)
        #expect(process.exitSoFar == nil, "\(process.log)", sourceLocation: sourceLocation)
    }
}
