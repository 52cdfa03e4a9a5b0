import Corefile
import DNSServer
import DNSWire
import Synchronization
import Testing

@testable import Plugins

@Suite struct LogPluginTests {
    private final class Lines: Sendable {
        private let state = Mutex<[String]>([])
        var all: [String] { state.withLock { $0 } }
        func add(_ line: [UInt8]) { state.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
    }

    private func bench(
        _ log: String,
        _ verdict: @escaping @Sendable (Query) -> Verdict = { query in
            query.beginReply(.noError, authoritative: true)
            return .reply
        }
    ) throws -> (PluginBench, Lines) {
        let lines = Lines()
        let configurations = try LogConfiguration.directive.readEach(
            directives("log", log), serverZones: ["."], initial: LogConfiguration())
        let plugin = PluginDefinition("log") { _, _ in
            HandlerPlugin("log") { _ in QueryLogHandler(configurations) { lines.add($1) } }
        }
        return (
            try PluginBench(". {\nlog\nerratic\n}\n", [plugin, ScriptedPlugin.definition(verdict)]), lines
        )
    }

    @Test("the common form, but for the time taken")
    func common() throws {
        let (bench, lines) = try bench("log")
        _ = try bench.ask(
            "Example.ORG", .MX, edns: EDNS(payloadSize: 4_096, dnssecOK: true), client: "10.0.0.5", port: 43_211)
        let line = try #require(lines.all.first)
        #expect(
            line.hasPrefix(
                #"[INFO] 10.0.0.5:43211 - 7 "MX IN example.org. udp 40 true 4096" NOERROR qr,aa,rd 29 "#))
        #expect(line.hasSuffix("s\n"))
        #expect(Double(line.split(separator: " ").last?.dropLast(2) ?? "") != nil)
    }

    @Test("the combined form ends with the opcode; formats may hold other text")
    func formats() throws {
        let (bench, lines) = try bench(
            #"log . "{combined}" "# + "\n"
                + #"log . "x {remote} {>id} {unknown} {/meta/label} {} } {local} { {type} }""#)
        _ = try bench.ask("example.org", client: "2001:db8::1")
        #expect(lines.all.first?.hasPrefix("[INFO] [2001:db8::1]:4242 - 7 ") == true)
        #expect(lines.all.first?.hasSuffix("s \"0\"\n") == true)
        let (other, otherLines) = try self.bench(
            #"log . "x {remote} {>id} {unknown} {/meta/label} {} } {local} { {type} }""#)
        _ = try other.ask("example.org", client: "2001:db8::1")
        #expect(otherLines.all == ["[INFO] x [2001:db8::1] 7 {unknown} - {} } - { A }\n"])
    }

    @Test("only queries below the names are logged, by the first rule that has the name")
    func names() throws {
        let (bench, lines) = try bench("log example.org \"one {name}\"\nlog Org NET \"two {name}\"")
        for name in ["a.example.org", "other.org", "example.net", "example.com"] { _ = try bench.ask(name) }
        #expect(
            lines.all == ["[INFO] one a.example.org.\n", "[INFO] two other.org.\n", "[INFO] two example.net.\n"])
    }

    @Test(
        "classes choose by what the reply says",
        arguments: [
            (ReplyClass.success, ResponseCode.noError, RecordType?.none),
            (.success, .noError, .NS),
            (.denial, .noError, .SOA),
            (.denial, .nameError, .SOA),
            (.error, .serverFailure, nil),
            (.error, .refused, nil),
        ])
    func classes(_ expected: ReplyClass, _ code: ResponseCode, _ authority: RecordType?) throws {
        for asked in ["success", "denial", "error", "all"] {
            let (bench, lines) = try bench("log {\nclass \(asked)\n}") { query in
                query.beginReply(code)
                query.reply.section = .authority
                if let authority {
                    query.reply.appendRecord(
                        ownerAt: 12, type: authority, ttl: 1,
                        data: [UInt8](repeating: 0, count: authority == .NS ? 1 : 22).span)
                }
                return .reply
            }
            _ = try bench.ask("example.org")
            #expect(lines.all.count == (asked == expected.rawValue || asked == "all" ? 1 : 0), "class \(asked)")
        }
    }

    @Test("silence is an error without code, flags or size")
    func silence() throws {
        let (bench, lines) = try bench("log . \"{rcode} {>rflags} {rsize}\" {\nclass error denial\n}") { _ in .drop }
        #expect(try bench.ask("example.org") == nil)
        #expect(lines.all == ["[INFO] - - 0\n"])
    }

    @Test("a name cannot break the line")
    func escapes() throws {
        let (bench, lines) = try bench("log . \"{name}\"")
        _ = try bench.ask("a\\010b\\\"c\\.d\\255.org")
        _ = try bench.ask(".")
        #expect(lines.all == ["[INFO] a\\010b\\\"c\\.d\\255.org.\n", "[INFO] .\n"])
    }

    @Test(
        "durations are seconds with all their digits",
        arguments: [
            (0, "0s"), (3_127_418, "0.003127418s"), (1_500_000_000, "1.5s"), (1, "0.000000001s"), (2_000_000_000, "2s"),
        ]
            as [(UInt64, String)])
    func durations(_ nanoseconds: UInt64, _ text: String) {
        var line = LogLine()
        line.append(duration: nanoseconds)
        #expect(String(decoding: line.bytes, as: UTF8.self) == text)
    }

    @Test("a lone argument is a name, even if it looks like a format")
    func loneArgument() throws {
        let configuration = try LogConfiguration.directive.readEach(
            directives("log", "log {combined}"), serverZones: ["."], initial: LogConfiguration())
        #expect(configuration[0].misplacedFormat == "{combined}")
        #expect(configuration[0].format == LogFormat(parsing: LogFormat.common))
    }

    @Test(
        "mistakes have CoreDNS's words",
        arguments: [
            ("log", nil), ("log a b \"{common}\" {\nclass success denial\n}", nil),
            ("log {\nclass\n}", "Wrong argument count or unexpected line ending after 'class'"),
            ("log {\nclass sucess\n}", "invalid Class: sucess"),
            ("log {\nother\n}", "unknown property 'other'"),
            ("log a..b", #"not a domain name: "a..b""#),
        ] as [(String, String?)])
    func mistakes(_ text: String, _ message: String?) throws {
        #expect(try mistake(in: text, LogConfiguration.directive, .init()) == message)
    }
}
