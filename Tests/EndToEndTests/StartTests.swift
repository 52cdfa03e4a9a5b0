import DNSWire
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Flags, and what stops a start.
    @Suite("Start")
    struct StartTests {
        private static func end(
            corefile: String? = nil, _ arguments: [String] = []
        ) async throws -> (exit: ServerProcessUnderTest.Exit, log: String) {
            let setup = ServerProcessUnderTest.Setup(corefile: corefile, arguments: arguments)
            return try await ServerProcessUnderTest.run(setup) { (try await $0.waitForExit(), $0.log) }
        }

        @Test("-version prints name, number and platform", arguments: ["-version", "--version"])
        func printsVersion(flag: String) async throws {
            let (exit, log) = try await Self.end([flag])
            #expect(exit == .status(0))
            #expect(log.hasPrefix("Needletail-"))
            #expect(log.contains("linux/"))
        }

        @Test("-plugins lists what is served")
        func listsPlugins() async throws {
            let (exit, log) = try await Self.end(["-plugins"])
            #expect(exit == .status(0))
            let lines = log.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            for name in ["bind", "cache", "errors", "forward", "health", "hosts", "kubernetes", "ready", "whoami"] {
                #expect(lines.contains("dns.\(name)"), "\(name) in \(log)")
            }
        }

        @Test("flags may have a value, as Go's may", arguments: [["-quiet=false", "-version=true"], ["--version=1"]])
        func flagsWithValues(flags: [String]) async throws {
            let (exit, log) = try await Self.end(flags)
            #expect(exit == .status(0) && log.hasPrefix("Needletail-"))
        }

        @Test("a value of a flag that is neither yes nor no ends with status 2")
        func flagWithNonsense() async throws {
            let (exit, log) = try await Self.end(["-quiet=perhaps"])
            #expect(exit == .status(2) && log.contains("quiet"))
        }

        @Test(
            "an address that cannot be opened is said with its place in the Corefile, in the words of Go",
            arguments: [("192.0.2.9", "cannot assign requested address")])
        func unusableAddress(address: String, reason: String) async throws {
            let (exit, log) = try await Self.end(
                corefile: "# a comment\nexample.org:1053 {\nbind \(address)\nwhoami\n}\n")
            #expect(exit == .status(1))
            #expect(log.contains("Corefile:2:1: listen tcp \(address):1053: bind: \(reason)"), "\(log)")
        }

        @Test("an unknown flag ends with status 2", arguments: ["-nonsense", "--nonsense"])
        func refusesUnknownFlags(flag: String) async throws {
            let (exit, log) = try await Self.end([flag])
            #expect(exit == .status(2))
            #expect(log.contains("nonsense"))
        }

        @Test("words that are no flags end with status 1 and CoreDNS's message")
        func refusesWords() async throws {
            let (exit, log) = try await Self.end(["nonsense"])
            #expect(exit == .status(1))
            #expect(log.contains("extra command line arguments: ") && log.contains("nonsense"))
        }

        @Test(
            "a wrong Corefile ends with status 1 and says where, and what",
            arguments: [
                (".:0 {\n    whoami\n    nonsense\n}\n", "Corefile:3:5: ", "nonsense"),
                ("example.org:0 {\n    cache 0\n}\n", "Corefile:2:11: ", "cache TTL can not be zero or negative: 0"),
                (".:0 {\n    whoami\n", "Corefile:", "}"),
                (".:0 {\n    whoami\n}\n.:0 {\n    whoami\n}\n", "Corefile:4:1: ", "already defined"),
            ])
        func refusesWrongCorefiles(corefile: String, place: String, word: String) async throws {
            let (exit, log) = try await Self.end(corefile: corefile)
            #expect(exit == .status(1), "\(log)")
            #expect(log.contains(place), "\(log)")
            #expect(log.contains(word), "\(log)")
        }

        @Test("a Corefile that is not there ends with status 1 and its name")
        func refusesMissingCorefile() async throws {
            let (exit, log) = try await Self.end(["-conf", "nowhere/Corefile"])
            #expect(exit == .status(1))
            #expect(log.contains("nowhere/Corefile"))
        }

        @Test(
            "a port that another program has ends with status 1 and the address",
            arguments: [LoopbackSocket.Kind.datagram, .stream])
        func refusesTakenPorts(kind: LoopbackSocket.Kind) async throws {
            let port = try FreePort.take()
            let other = try LoopbackSocket(kind, occupying: port)
            let (exit, log) = try await Self.end(corefile: RunningServer.corefile(port: port, "whoami"))
            #expect(exit == .status(1))
            #expect(log.contains("127.0.0.1:\(port)"), "\(log)")
            withExtendedLifetime(other) {}
        }

        @Test("where it listens is printed as CoreDNS prints it; queries that no block serves are counted as dropped")
        func announces() async throws {
            let (port, metrics) = (try FreePort.take(), try FreePort.take())
            let corefile = """
                example.org:\(port) example.net:\(port) {
                    bind 127.0.0.1
                    prometheus 127.0.0.1:\(metrics)
                    whoami
                }

                """
            try await ServerProcessUnderTest.run(.init(corefile: corefile)) { process in
                try await process.waitUntilListening(on: port)
                let server = RunningServer(process: process, port: port)
                for zone in ["example.org", "example.net"] {
                    try await wait(for: "the line") { "\n\(process.log)".contains("\n\(zone).:\(port) on 127.0.0.1\n") }
                }
                #expect(try await server.ask("example.com", .AAAA)?.responseCode == .refused)
                #expect(try await server.ask("example.com", edns: EDNS(), overTCP: true)?.responseCode == .refused)
                let page = try #require(try await Web.get("/metrics", port: metrics)).body
                let labels = #"server="dns://127.0.0.1:\#(port)""#
                for line in [
                    #"coredns_dns_requests_total{family="1",proto="udp",\#(labels),type="AAAA",view="",zone="dropped"} 1"#,
                    #"coredns_dns_requests_total{family="1",proto="tcp",\#(labels),type="A",view="",zone="dropped"} 1"#,
                    #"coredns_dns_responses_total{plugin="",rcode="REFUSED",\#(labels),view="",zone="dropped"} 2"#,
                ] {
                    #expect(page.contains(line), "\(page.split(separator: "\n").filter { $0.contains("dropped") })")
                }
            }
        }

        @Test("-quiet leaves out addresses, version and limits; plugins warn as without it", arguments: [true, false])
        func quiet(_ isQuiet: Bool) async throws {
            let port = try FreePort.take()
            let corefile = RunningServer.corefile(port: port, "template IN A {\n    upstream\n}\nreload")
            let arguments = isQuiet ? ["-quiet"] : []
            try await ServerProcessUnderTest.run(.init(corefile: corefile, arguments: arguments)) { process in
                try await wait(for: "the lines of plugins", log: { process.log }) {
                    process.log.contains("[WARNING] plugin/template: the option 'upstream' has no effect")
                        && process.log.contains("Running configuration SHA512")
                }
                // Its last words stand behind all that a start says.
                process.signal(SIGTERM)
                #expect(try await process.waitForExit() == .status(0))
                for words in [".:\(port)", "Needletail-", "limits: "] {
                    #expect(process.log.contains(words) == !isQuiet, "\(process.log)")
                }
            }
        }

        @Test("a second server on the same port is refused, and the first goes on")
        func refusesSecondServer() async throws {
            try await RunningServer.run(RunningServer.hosts) { first in
                let (exit, log) = try await Self.end(
                    corefile: RunningServer.corefile(port: first.port, "whoami"))
                #expect(exit == .status(1))
                #expect(log.contains("127.0.0.1:\(first.port)"), "\(log)")
                try await first.expectToBeWell()
            }
        }

        @Test("-pidfile that is a pipe which nobody reads is a mistake, and nothing waits for it")
        func pidfilePipe() async throws {
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            let path = "\(folder.path)/pid"
            try #require(unsafe mkfifo(path, 0o600) == 0)
            let corefile = RunningServer.corefile(port: try FreePort.take(), RunningServer.hosts)
            let (exit, log) = try await Self.end(corefile: corefile, ["-pidfile", path])
            #expect(exit == .status(1))
            #expect(log.contains("writing the pidfile \(path): No such device or address"), "\(log)")
        }

        @Test("-pidfile has the process's number while it serves, and is gone when it has stopped")
        func writesProcessFile() async throws {
            try await RunningServer.run(RunningServer.hosts, arguments: ["-pidfile", "pid"]) { server in
                let file = server.process.folder.appending(path: "pid")
                try await wait(for: "the pidfile") { FileManager.default.fileExists(atPath: file.path) }
                let text = try String(contentsOf: file, encoding: .utf8)
                #expect(text.trimmingCharacters(in: .whitespacesAndNewlines) == "\(server.process.id)")
                server.process.signal(SIGTERM)
                #expect(try await server.process.waitForExit() == .status(0))
                #expect(!FileManager.default.fileExists(atPath: file.path))
            }
        }
    }
}
