import Corefile
import DNSServer
import Synchronization
import Telemetry
import Testing

@testable import Plugins

@Suite struct ReloadPluginTests {
    /// A Corefile that can be changed, and a server that notes reloads.
    private final class Scene: Sendable {
        struct State {
            var text = ". {\nwhoami\n}\n"
            var isUnreadable = false
            var reloads = 0
            var result = Server.ReloadResult.reloaded
        }

        let state = Mutex(State())
        let metrics = MetricsRegistry()
        let recorder = LogRecorder()

        func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }
        var reloads: Int { state.withLock { $0.reloads } }

        func watcher() throws -> CorefileWatcher {
            let watcher = CorefileWatcher(
                source: CorefileWatcher.Source(
                    read: { [self] () throws(ConfigurationError) in
                        let (text, isUnreadable) = state.withLock { ($0.text, $0.isUnreadable) }
                        guard !isUnreadable else {
                            throw ConfigurationError(.unreadableFile, "gone", file: "Corefile", line: 0, column: 0)
                        }
                        return try Corefile.parse(text: text)
                    },
                    reload: { [self] in
                        state.withLock { state in
                            state.reloads += 1
                            return state.result
                        }
                    }),
                metrics: metrics, logger: recorder.logger)
            try watcher.register()
            return watcher
        }

        var page: String { String(decoding: metrics.exposition(.prometheus), as: UTF8.self) }
    }

    @Test("a change of what the Corefile says is served, a comment is not a change")
    func changes() async throws {
        let scene = Scene()
        let watcher = try scene.watcher()
        watcher.serve(ReloadConfiguration(), digest: watcher.currentDigest())
        await watcher.look()
        scene.set { $0.text = "# new\n. {\n    whoami # same\n}\n" }
        await watcher.look()
        #expect(scene.reloads == 0)
        scene.set { $0.text = ". {\nerrors\nwhoami\n}\n" }
        await watcher.look()
        #expect(scene.reloads == 1)
        await watcher.look()
        #expect(scene.reloads == 1)
        await watcher.close()
    }

    @Test("a configuration that cannot serve is counted, said, and not tried again")
    func failure() async throws {
        let scene = Scene()
        let watcher = try scene.watcher()
        watcher.serve(ReloadConfiguration(), digest: watcher.currentDigest())
        scene.set {
            $0.text = ". {\nerrors\n}\n"
            $0.result = .failed("no such port")
        }
        for _ in 0..<3 { await watcher.look() }
        #expect(scene.reloads == 1)
        #expect(scene.recorder.lines.last == "error: Corefile changed but reload failed: no such port")
        #expect(scene.page.contains("coredns_reload_failed_total 1\n"))
        // Back to what serves needs no reload, and is said once.
        scene.set { $0.text = ". {\nwhoami\n}\n" }
        for _ in 0..<3 { await watcher.look() }
        #expect(scene.reloads == 1)
        let words = "info: Corefile is in order again: it says what is served"
        #expect(scene.recorder.lines.count { $0 == words } == 1)
        #expect(scene.page.contains("value=\"\(try #require(watcher.currentDigest()))\"} 1\n"))
        #expect(scene.page.contains("coredns_reload_failed_total 1\n"))
        // What could not serve is tried anew, since it may serve now.
        scene.set { $0.text = ". {\nerrors\n}\n" }
        await watcher.look()
        #expect(scene.reloads == 2)
        await watcher.close()
    }

    @Test("a mistake is said once and not counted; a file that cannot be read is passed over")
    func mistakes() async throws {
        let scene = Scene()
        let watcher = try scene.watcher()
        watcher.serve(ReloadConfiguration(), digest: watcher.currentDigest())
        let before = scene.recorder.lines.count
        scene.set { $0.text = ". {\nnonsense\n}\n" }
        for _ in 0..<3 { await watcher.look() }
        scene.set { $0.isUnreadable = true }
        await watcher.look()
        #expect(scene.reloads == 0)
        scene.set { ($0.text, $0.isUnreadable) = (". {\n  whoami # mended\n}\n", false) }
        for _ in 0..<2 { await watcher.look() }
        #expect(scene.recorder.lines.last == "info: Corefile is in order again: it says what is served")
        #expect(scene.reloads == 0)
        #expect(scene.recorder.lines.count == before + 2)
        #expect(scene.recorder.lines.dropLast().last?.hasPrefix("warning: Corefile parse failed: ") == true)
        #expect(scene.page.contains("coredns_reload_failed_total 0\n"))
        await watcher.close()
    }

    @Test("the digest of what serves is logged and shown, alone")
    func version() async throws {
        let scene = Scene()
        let watcher = try scene.watcher()
        let first = try #require(watcher.currentDigest())
        #expect(first.utf8.count == 128)
        watcher.serve(ReloadConfiguration(), digest: first)
        #expect(scene.recorder.lines == ["info: Running configuration SHA512 = \(first)"])
        scene.set { $0.text = ". {\nerrors\n}\n" }
        let second = try #require(watcher.currentDigest())
        #expect(second != first)
        watcher.serve(ReloadConfiguration(), digest: second)
        #expect(scene.page.contains("coredns_reload_version_info{hash=\"sha512\",value=\"\(second)\"} 1\n"))
        #expect(!scene.page.contains(first))
        await watcher.close()
    }

    @Test("a change between reading and serving is seen at the next look")
    func race() async throws {
        let scene = Scene()
        let watcher = try scene.watcher()
        let digest = watcher.currentDigest()
        scene.set { $0.text = ". {\nerrors\n}\n" }
        watcher.serve(ReloadConfiguration(), digest: digest)
        await watcher.look()
        #expect(scene.reloads == 1)
        await watcher.close()
    }

    @Test(
        "intervals and jitter have their least values",
        arguments: [
            ("reload", nil), ("reload 2s", nil), ("reload 10s 0s", nil), ("reload 10s 1s", nil),
            ("reload 1s", "interval value must be greater or equal to 2s"),
            ("reload 10s 500ms", "jitter value must be 0 or greater or equal to 1s"),
            ("reload x", #"time: invalid duration "x""#),
            ("reload 10s 1s 1s", "Wrong argument count or unexpected line ending after '1s'"),
            ("reload {\nx\n}", "Unexpected token '{', expecting argument"),
        ] as [(String, String?)])
    func configuration(_ text: String, _ message: String?) throws {
        #expect(try mistake(in: text, ReloadConfiguration.directive, .init()) == message)
    }

    @Test("jitter is at most half the interval")
    func jitter() throws {
        let configuration = try ReloadConfiguration.directive.read(
            directives("reload", "reload 4s 15s"), serverZones: ["."], initial: ReloadConfiguration())
        #expect(configuration.jitter == .seconds(2))
    }
}
