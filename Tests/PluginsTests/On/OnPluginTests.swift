import Corefile
import DNSWire
import Telemetry
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("on")
struct OnPluginTests {
    private func hooks(_ text: String) throws -> [Hook] {
        try Hook.directive.readEach(directives("on", text), serverZones: ["."], initial: Hook())
    }

    @Test("a line is an event, in any case, a command, and & for the background")
    func reads() throws {
        let hooks = try hooks("on Startup /bin/echo a 'b c' &\non shutdown \"/bin/echo x\"")
        #expect(hooks.map(\.event) == [.startup, .shutdown])
        #expect(hooks.map(\.words) == [["/bin/echo", "a", "b c"], ["/bin/echo", "x"]])
        #expect(hooks.map(\.isInBackground) == [true, false])
    }

    @Test(
        "words are parted as a shell parts them, and nothing else of a shell happens",
        arguments: [
            ("a  b", ["a", "b"]), (#"a "b c" d"#, ["a", "b c", "d"]), (#"'a "b' c\ d"#, [#"a "b"#, "c d"]),
            (#"a"b"'c'"#, ["abc"]), ("'' x", ["", "x"]), ("$HOME *", ["$HOME", "*"]), ("", []), ("a 'b", nil),
            (#"a\"#, nil),
        ] as [(String, [String]?)])
    func words(_ text: String, _ expected: [String]?) {
        #expect(ShellWords.split(text) == expected)
    }

    @Test(
        "mistakes have CoreDNS's words",
        arguments: [
            ("on", "Wrong argument count or unexpected line ending after 'on'"),
            ("on lunch echo", "Wrong event name or event not supported: lunch"),
            ("on startup", "no command contained in ''"), ("on startup &", "no command contained in '&'"),
            ("on startup echo 'a", "error parsing command: EOF found when expecting closing quote"),
            ("on startup echo {\n}", "Unexpected token '{', expecting argument"),
        ])
    func mistakes(_ text: String, _ message: String) throws {
        #expect(try mistake(in: text, OnPlugin.definition) == message)
    }

    private func lines(_ words: [String], atMost limit: Duration? = nil) async -> [String] {
        let recorder = LogRecorder()
        await ChildCommand(words, logger: recorder.logger).run(atMost: limit)
        return recorder.lines
    }

    @Test("what a command writes becomes lines of the log, and how it ended is said")
    func output() async {
        #expect(
            await lines(["/bin/sh", "-c", "echo one; printf two >&2"]) == [
                #"info: "/bin/sh -c echo one; printf two >&2": started"#, "info: /bin/sh: one", "info: /bin/sh: two",
                #"info: "/bin/sh -c echo one; printf two >&2": done"#,
            ])
        #expect(await lines(["/bin/sh", "-c", "exit 3"]).last == #"error: "/bin/sh -c exit 3": ended with status 3"#)
        #expect(
            await lines(["/bin/sh", "-c", "kill -9 $$"]).last == #"error: "/bin/sh -c kill -9 $$": ended by signal 9"#)
        #expect(await lines(["/nowhere/x"]).last?.contains("No such file or directory") == true)
    }

    @Test("a command has no input and nothing open but its output; what the server ignores is as usual for it")
    func surroundings() async {
        let files = await lines(["/bin/sh", "-c", "read x || echo none; ls /proc/self/fd | wc -l"])
        #expect(files.contains("info: /bin/sh: none"))
        // 0, 1, 2, and the folder that ls reads.
        #expect(files.contains("info: /bin/sh: 4"))
    }

    @Test("output is bounded: long lines are cut, and of many lines the first thousand are shown")
    func bounds() async {
        let many = await lines(["/bin/sh", "-c", "i=0; while [ $i -lt 1100 ]; do echo x; i=$((i+1)); done"])
        #expect(many.count(where: { $0 == "info: /bin/sh: x" }) == OutputLines.most)
        #expect(many.contains("warning: /bin/sh: further lines are not shown"))
        let long = await lines(["/bin/sh", "-c", "printf %5000d 1"])
        #expect(long.map(\.utf8.count).max() == "info: /bin/sh: ".utf8.count + OutputLines.longest)
    }

    @Test("a command that takes too long is ended, with what it has started")
    func patience() async {
        let seen = await lines(["/bin/sh", "-c", "sleep 600"], atMost: .milliseconds(50))
        #expect(seen.last?.hasPrefix(#"error: "/bin/sh -c sleep 600": ended after"#) == true)
    }

    @Test("commands in the background are bounded in number")
    func background() {
        let taken = (0..<ChildCommand.mostInBackground + 4).map { _ in ChildCommand.enterBackground() }
        #expect(taken.count { $0 } <= ChildCommand.mostInBackground && taken.last == false)
        for isTaken in taken where isTaken { ChildCommand.leaveBackground() }
    }

    @Test("startup and instancestartup come once, instancerestart with each other configuration, shutdown at the end")
    func events() async throws {
        let folder = try TemporaryFolder()
        let log = "\(folder.path)/log"
        let hooks = Hook.Event.allCases.map { "on \($0) /bin/sh -c 'echo \($0) >> \(log)'" }.joined(separator: "\n")
        let file = try TemporaryFile(".:\(try FreePort.take()) {\nbind 127.0.0.1\n\(hooks)\nwhoami\n}\n")
        let server = try Server(
            options: .init(
                corefilePath: file.path, environment: [:], workers: 1,
                plugins: [BindPlugin.definition, WhoamiPlugin.definition, OnPlugin.definition]),
            metrics: MetricsRegistry())
        try await server.start()
        _ = await server.reload(reason: "test")
        _ = await server.refresh()
        await server.shutDown()
        let events = try folder.read("log").split(separator: "\n")
        #expect(events == ["startup", "instancestartup", "instancerestart", "instancerestart", "shutdown"])
    }
}
