import Corefile
import DNSWire
import LinearRegex
import Logging
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("debug")
struct DebugPluginTests {
    private static let plugins = [BindPlugin.definition, DebugPlugin.definition, WhoamiPlugin.definition]

    private func corefile(_ port: Int, _ directive: String) -> String {
        ".:\(port) {\nbind 127.0.0.1\nwhoami\n}\nexample.org:\(port) {\nbind 127.0.0.1\n\(directive)\nwhoami\n}\n"
    }

    @Test("it is on while a configuration with it serves, in whichever block, and off after a reload without it")
    func reloads() async throws {
        let (port, debug) = (try FreePort.take(), DebugSwitch())
        let file = try TemporaryFile(corefile(port, "debug"))
        let server = try Server(
            options: .init(
                corefilePath: file.path, environment: [:], workers: 1, plugins: Self.plugins, debug: debug),
            metrics: MetricsRegistry())
        #expect(!debug.isOn)
        try await server.start()
        #expect(debug.isOn)
        for (directive, isOn) in [("debug", true), ("", false), ("", false), ("debug\ndebug", true)] {
            try file.write(corefile(port, directive))
            _ = await server.reload(reason: "test")
            #expect(debug.isOn == isOn)
        }
        try file.write("{")
        _ = await server.reload(reason: "test")
        #expect(debug.isOn)
        await server.shutDown()
        #expect(!debug.isOn)
    }

    @Test("a hundred reloads that are asked for at once are two or three: those that wait are one")
    func reloadStorm() async throws {
        let port = try FreePort.take()
        let built = Atomic<Int>(0)
        let file = try TemporaryFile(".:\(port) {\nbind 127.0.0.1\nlog\nwhoami\n}\n")
        let counted = PluginDefinition("log") { _, _ in
            built.add(1, ordering: .relaxed)
            return DeclaredPlugin("whoami", []) { _ in WhoamiPlugin() }
        }
        let server = try Server(
            options: .init(
                corefilePath: file.path, environment: [:], workers: 1, plugins: [counted] + Self.plugins,
                debug: DebugSwitch()),
            metrics: MetricsRegistry())
        try await server.start()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    guard case .reloaded = await server.reload(reason: "test") else {
                        Issue.record("a reload failed")
                        return
                    }
                }
            }
        }
        #expect((2...20).contains(built.load(ordering: .relaxed)))
        await server.shutDown()
    }

    @Test("errors at the level debug are written while it is on, and only then", arguments: [true, false])
    func errors(isOn: Bool) throws {
        final class Lines: Sendable {
            let all = Mutex<[String]>([])
        }
        let (lines, debug, metrics) = (Lines(), DebugSwitch(), MetricsRegistry())
        if isOn { debug.hold() }
        let worker = try Worker(
            index: 0, shard: metrics.makeShard(), counters: ServerCounters(metrics), debug: debug)
        let pattern = ErrorPattern(
            .init(period: .seconds(300), text: "down", regex: try Regex("down"), level: .debug, showsFirst: true),
            logger: LogRecorder().logger)
        let handler = ErrorsHandler([pattern]) { _, line in
            lines.all.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
        }
        let query = Query(worker: worker)
        query.take(Message(id: 7, asking: Question(try Name(parsing: "a.org"), .A)).encoded().span)
        #expect(query.admit() == .admitted)
        query.failure = QueryFailure(.serverFailure, "down")
        _ = handler.finish(query)
        #expect(lines.all.withLock { $0 } == (isOn ? ["[DEBUG] plugin/errors: 2 a.org. A: down\n"] : []))
        pattern.close()
    }

    @Test("it has no part in the chain; any argument is a mistake")
    func mistakes() throws {
        let bench = try PluginBench(". {\ndebug\nwhoami\n}\n", Self.plugins)
        #expect(bench.configuration.blocks[0].makeChain(for: bench.worker).names == ["whoami"])
        #expect(
            try mistake(in: "debug off", DebugPlugin.definition)
                == "Wrong argument count or unexpected line ending after 'off'")
        #expect(try mistake(in: "debug {\n}", DebugPlugin.definition) != nil)
    }
}
