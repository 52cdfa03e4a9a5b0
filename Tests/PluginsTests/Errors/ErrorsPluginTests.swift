import Corefile
import DNSServer
import DNSWire
import LinearRegex
import Logging
import Synchronization
import Testing

@testable import Plugins

@Suite struct ErrorsPluginTests {
    private final class Lines: Sendable {
        private let state = Mutex<[String]>([])
        var all: [String] { state.withLock { $0 } }
        func add(_ line: [UInt8]) { state.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
    }

    /// A chain of `errors` with these patterns, and a plugin that fails for the reason given.
    private func bench(
        _ patterns: [ErrorPattern] = [], reason: @escaping @Sendable (Query) -> Verdict
    ) throws -> (PluginBench, Lines) {
        let lines = Lines()
        let errors = PluginDefinition("errors") { _, _ in
            HandlerPlugin("errors") { _ in ErrorsHandler(patterns) { lines.add($1) } }
        }
        let bench = try PluginBench(". {\nerrors\nerratic\n}\n", [errors, ScriptedPlugin.definition(reason)])
        return (bench, lines)
    }

    private func pattern(
        _ regex: String, level: Logger.Level = .error, showsFirst: Bool = false, _ recorder: LogRecorder
    ) throws -> ErrorPattern {
        ErrorPattern(
            .init(
                period: .seconds(300), text: regex, regex: try Regex(regex), level: level, showsFirst: showsFirst),
            logger: recorder.logger)
    }

    @Test("a failure with a reason has a line with code, name and type")
    func line() throws {
        let (bench, lines) = try bench { _ in .fail(QueryFailure(.serverFailure, "read udp: i/o timeout")) }
        #expect(try bench.ask("Example.org")?.responseCode == .serverFailure)
        #expect(lines.all == ["[ERROR] plugin/errors: 2 example.org. A: read udp: i/o timeout\n"])
    }

    @Test("a failure without a reason, a reply and silence have none")
    func silent() throws {
        for verdict in ["fail", "reply", "drop"] {
            let (bench, lines) = try bench { query in
                if verdict == "fail" { return .fail(QueryFailure(.refused)) }
                query.beginReply()
                return verdict == "reply" ? .reply : .drop
            }
            _ = try bench.ask("example.org")
            #expect(lines.all.isEmpty)
        }
    }

    @Test("a reason cannot begin another line")
    func injection() throws {
        let (bench, lines) = try bench { _ in .fail(QueryFailure(.serverFailure, "a\n[INFO] b\r\n")) }
        _ = try bench.ask("x\\010y.org")
        #expect(lines.all == ["[ERROR] plugin/errors: 2 x\\010y.org. A: a [INFO] b  \n"])
    }

    @Test("a worker writes at most a thousand lines a second and counts the others")
    func flood() throws {
        let (bench, lines) = try bench { _ in .fail(QueryFailure(.serverFailure, "down")) }
        for _ in 0..<1_500 { _ = try bench.ask("example.org") }
        #expect(lines.all.count == 1_000)
        bench.retire()
        #expect(lines.all.last == "[ERROR] plugin/errors: 500 more errors were left out of the log\n")
    }

    @Test("errors that match are counted, the first pattern first, and reported once")
    func consolidates() throws {
        let recorder = LogRecorder()
        let patterns = [
            try pattern("timeout$", level: .warning, recorder), try pattern("^read", recorder),
        ]
        let (bench, lines) = try bench(patterns) { query in
            .fail(QueryFailure(.serverFailure, query.type == .A ? "read udp: i/o timeout" : "read udp: refused"))
        }
        for _ in 0..<3 { _ = try bench.ask("example.org") }
        _ = try bench.ask("example.org", .AAAA)
        #expect(lines.all.isEmpty)
        for pattern in patterns { pattern.close() }
        #expect(
            recorder.lines == [
                "warning: 3 errors like 'timeout$' occurred in last 5m0s",
                "error: 1 errors like '^read' occurred in last 5m0s",
            ])
        _ = try bench.ask("example.org")
        #expect(lines.all == ["[WARNING] plugin/errors: 2 example.org. A: read udp: i/o timeout\n"])
    }

    @Test("show_first: the first of a period has its own line, and alone it is not reported again")
    func showsFirst() throws {
        let recorder = LogRecorder()
        let pattern = try pattern("down", level: .info, showsFirst: true, recorder)
        let (bench, lines) = try bench([pattern]) { _ in .fail(QueryFailure(.serverFailure, "down")) }
        _ = try bench.ask("a.org")
        pattern.report()
        #expect(lines.all == ["[INFO] plugin/errors: 2 a.org. A: down\n"])
        #expect(recorder.lines.isEmpty)
        for _ in 0..<2 { _ = try bench.ask("b.org") }
        pattern.report()
        #expect(lines.all.count == 2)
        #expect(recorder.lines == ["info: 2 errors like 'down' occurred in last 5m0s"])
    }

    @Test(
        "mistakes have CoreDNS's words",
        arguments: [
            ("errors", nil), ("errors stdout", nil), ("errors {\nstacktrace\n}", nil),
            ("errors {\nconsolidate 5m \".* timeout$\" warning show_first\nconsolidate 30s x\n}", nil),
            ("errors /var/log/x", "invalid log file: /var/log/x"),
            ("errors {\nconsolidate 5m\n}", "Wrong argument count or unexpected line ending after '5m'"),
            ("errors {\nconsolidate 5m x warning error\n}", "multiple log levels specified in consolidate"),
            ("errors {\nconsolidate 5m x show_first error\n}", "log level must come before show_first in consolidate"),
            ("errors {\nconsolidate 5m x verbose\n}", "unknown option in consolidate: verbose"),
            ("errors {\nconsolidate 5x x\n}", #"time: unknown unit "x" in duration "5x""#),
            ("errors {\nother\n}", "Unknown field other"),
            ("errors\nerrors", "this plugin can only be used once per Server Block"),
        ] as [(String, String?)])
    func mistakes(_ text: String, _ message: String?) throws {
        #expect(try mistake(in: text, ErrorsConfiguration.directive, .init()) == message)
    }

    @Test("a pattern that is too long, or none, is refused")
    func patterns() throws {
        let long = String(repeating: "a", count: 10_001)
        #expect(
            try mistake(in: "errors {\nconsolidate 5m \(long)\n}", ErrorsConfiguration.directive, .init())
                == "regex pattern too long: 10001 > 10000")
        let message = try mistake(in: "errors {\nconsolidate 5m (\n}", ErrorsConfiguration.directive, .init())
        #expect(message?.hasPrefix("error parsing regexp: ") == true)
    }
}
