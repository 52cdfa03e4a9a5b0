import Corefile
import DNSWire
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

/// What passes queries back to the server, as a badly chosen upstream does, and what comes of it.
private final class Scene: Sendable {
    struct State {
        /// Whether queries go round.
        var loops = true
        /// How often each name was passed back.
        var rounds: [String: Int] = [:]
        /// How many queries for each name were dropped.
        var drops: [String: Int] = [:]
        /// How many queries for each name got SERVFAIL.
        var fails: [String: Int] = [:]
        /// What the process would have ended with.
        var end: (status: Int32, reason: String)?
    }

    private let state = Mutex(State())

    /// How things are now.
    var now: State { state.withLock { $0 } }

    func set(_ change: (inout State) -> Void) {
        state.withLock { change(&$0) }
    }
}

/// The last plugin: passes queries back while they go round, and keeps them until that is over.
private final class Upstream: QueryHandler, TimerTarget {
    private let scene: Scene
    private let socket: DatagramSocket
    private var waiting: [Query] = []

    init(_ scene: Scene, _ socket: DatagramSocket) {
        self.scene = scene
        self.socket = socket
    }

    func handle(_ query: Query) -> Verdict {
        let name = query.ownedName.text
        scene.set { $0.rounds[name, default: 0] += 1 }
        guard scene.now.loops else {
            query.beginReply(.nameError)
            return .reply
        }
        _ = socket.send(query.message)
        if waiting.isEmpty { look(again: query.worker) }
        waiting.append(query)
        return .parked
    }

    private func look(again worker: Worker) {
        _ = worker.schedule(after: 5_000_000, self, token: 0)
    }

    func timerFired(token: UInt64, worker: Worker) {
        guard !scene.now.loops else { return look(again: worker) }
        let ended = waiting
        waiting = []
        for query in ended { query.resume(.fail(QueryFailure(.serverFailure, "i/o timeout"))) }
    }
}

/// The first plugin: counts what is dropped.
private final class DropCounter: ReplyHandler {
    private let scene: Scene

    init(_ scene: Scene) { self.scene = scene }

    func handle(_ query: Query) -> Verdict { .next }

    func finish(_ query: Query) -> ReplyVerdict {
        if query.hasReply, query.responseCode == .serverFailure {
            scene.set { $0.fails[query.ownedName.text, default: 0] += 1 }
        }
        if query.isDropped { scene.set { $0.drops[query.ownedName.text, default: 0] += 1 } }
        return .done
    }
}

/// A server in such a scene.
private final class LoopingServer {
    let scene = Scene()
    let port: Int
    private let file: TemporaryFile
    private let server: Server
    private let metrics = MetricsRegistry()

    /// Whether the metric shows a loop.
    var isShown: Bool {
        String(decoding: metrics.exposition(.prometheus), as: UTF8.self)
            .contains("\nneedletail_loop_detected{zone=\".\"} 1")
    }

    /// - Parameter isForeign: whether another host passes the queries back.
    init(_ times: LoopWatch.Times, loops: Bool = true, isForeign: Bool = false) async throws {
        let (port, scene) = (try FreePort.take(), scene)
        scene.set { $0.loops = loops }
        self.port = port
        file = try TemporaryFile(".:\(port) {\nbind 127.0.0.1\nlog\nloop\nforward\n}\n")
        let log = PluginDefinition("log") { _, _ in HandlerPlugin("log") { _ in DropCounter(scene) } }
        let forward = PluginDefinition("forward") { _, _ in
            HandlerPlugin("forward") { _ in
                guard let address = SocketAddress("127.0.0.1", port: UInt16(port)),
                    let socket = try? DatagramSocket(connectedTo: address)
                else { return ScriptedHandler { _ in .drop } }
                return Upstream(scene, socket)
            }
        }
        server = try Server(
            options: .init(
                corefilePath: file.path, environment: [:], workers: 2,
                plugins: [BindPlugin.definition, log, LoopPlugin.definition(times) { _ in !isForeign }, forward]),
            metrics: metrics)
        server.onTermination { status, reason in scene.set { $0.end = (status, reason) } }
        try await server.start()
    }

    var detector: LoopDetector {
        get throws {
            let plugin = server.blocks.first?.plugins.lazy.compactMap { $0 as? LoopPlugin }.first
            return try #require(plugin).detector
        }
    }

    func wait(for what: String, until condition: () throws -> Bool) async throws {
        try await TestSupport.wait(within: .seconds(60), for: what) { try condition() }
    }

    func send(_ name: String) throws {
        let socket = try LoopbackSocket(.datagram, connectedTo: port)
        try socket.send(Message(id: 7, asking: Question(try Name(parsing: name), .A)).encoded())
    }

    func end() async {
        scene.set { $0.loops = false }
        await server.shutDown()
    }
}

@Suite("loop in a server", .serialized)
struct LoopPluginTests {
    private static func times(confirmation: UInt64) -> LoopWatch.Times {
        var times = LoopWatch.Times()
        times.answer = 500_000_000
        times.retry = 10_000_000
        times.confirmation = confirmation
        return times
    }

    @Test("a loop that lasts ends the process with status 1 and CoreDNS's line")
    func lasting() async throws {
        let looping = try await LoopingServer(Self.times(confirmation: 10_000_000))
        try await looping.wait(for: "the end") { looping.scene.now.end != nil }
        let (end, rounds) = (looping.scene.now.end, looping.scene.now.rounds)
        await looping.end()
        #expect(end?.status == 1)
        let reason = try #require(end?.reason)
        #expect(reason.hasPrefix("plugin/loop: Loop (127.0.0.1:"))
        #expect(
            reason.contains(
                " -> 127.0.0.1:\(looping.port)) detected for zone \".\", "
                    + "see https://coredns.io/plugins/loop#troubleshooting. Query: \"HINFO "))
        // Each question went round no more often than it takes to find that out.
        #expect(rounds.count >= 5 && rounds.values.allSatisfy { $0 <= 2 }, "\(rounds)")
    }

    @Test("while it is suspected queries that come back are dropped; when it is gone everything is as before")
    func passing() async throws {
        let looping = try await LoopingServer(Self.times(confirmation: 1_000_000_000))
        let detector = try looping.detector
        try await looping.wait(for: "the suspicion") { detector.isSuspicious }
        try looping.send("www.example.org")
        try await looping.wait(for: "the query to come back") {
            looping.scene.now.drops["www.example.org."] ?? 0 > 0
        }
        #expect(looping.scene.now.rounds["www.example.org."] == 1)
        looping.scene.set { $0.loops = false }
        try await looping.wait(for: "the end of the watch") { detector.hasEnded }
        #expect(looping.scene.now.end == nil && !detector.isSuspicious)
        await looping.end()
    }

    @Test("a hostile upstream that sends the questions back ends nothing: what comes back from there gets SERVFAIL")
    func hostile() async throws {
        var times = Self.times(confirmation: 10_000_000)
        times.containment = 50_000_000
        let looping = try await LoopingServer(times, isForeign: true)
        let detector = try looping.detector
        try await looping.wait(for: "the containment") { detector.isContained && looping.isShown }
        try looping.send("www.example.org")
        try await looping.wait(for: "the query to come back") {
            looping.scene.now.fails["www.example.org."] ?? 0 > 0
        }
        #expect(looping.scene.now.rounds["www.example.org."] == 1)
        looping.scene.set { $0.loops = false }
        try await looping.wait(for: "the end of the watch") { detector.hasEnded }
        #expect(looping.scene.now.end == nil && !looping.isShown && !detector.isContained)
        await looping.end()
    }

    @Test(
        "a host sends from loopback addresses and its own IPv4 addresses; what says it does by IPv6 proves nothing",
        arguments: [
            ("127.0.0.1", true), ("127.1.2.3", true), ("::1", true), ("192.0.2.1", false), ("2001:db8::1", false),
        ])
    func ownHost(_ address: String, _ isOwn: Bool) throws {
        #expect(OwnHost.sends(from: try #require(SocketAddress(address, port: 53))) == isOwn)
    }

    @Test("a server without a loop is asked one question")
    func noLoop() async throws {
        let bench = try await LoopingServer(Self.times(confirmation: 10_000_000), loops: false)
        try await bench.wait(for: "the end of the watch") { try bench.detector.hasEnded }
        #expect(bench.scene.now.rounds.count == 1 && bench.scene.now.end == nil)
        await bench.end()
    }

    @Test("the line is CoreDNS's")
    func line() {
        #expect(
            LoopPlugin.line(from: "127.0.0.1:4711", to: ":53", zone: ".", name: "1.2.")
                == "Loop (127.0.0.1:4711 -> :53) detected for zone \".\", "
                + "see https://coredns.io/plugins/loop#troubleshooting. Query: \"HINFO 1.2.\"")
    }

    @Test("it takes no arguments, no block, and stands once", arguments: ["loop x", "loop {\nx\n}", "loop\nloop"])
    func mistakes(_ text: String) throws {
        #expect(try mistake(in: text, LoopConfiguration.directive, LoopConfiguration()) != nil)
    }

    @Test("a handler lets its own question pass twice and drops it then; what is done is not under way any more")
    func handler() throws {
        let bench = try PluginBench(
            ". {\nloop\nwhoami\n}\n", [LoopPlugin.definition, WhoamiPlugin.definition])
        let detector = try bench.plugin(LoopPlugin.self).detector
        let (own, _) = try #require(detector.beginRound())
        #expect(try bench.ask(own.text, .HINFO) != nil)
        #expect(try bench.ask(own.text, .A) != nil)
        #expect(try bench.ask(own.text, .HINFO) != nil)
        #expect(try bench.ask(own.text, .HINFO) == nil)
        detector.isSuspicious = true
        // Done at once, and so never under way when it comes again.
        for _ in 0..<3 { #expect(try bench.ask("a.example") != nil) }
        for _ in 0..<3 { #expect(try bench.ask("a.example", .HINFO) != nil) }
    }
}
