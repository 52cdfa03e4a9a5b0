import CReplayKernel
import DNSServer
import DNSWire
import Glibc
import Plugins
import Telemetry
import TestSupport

/// The real server in this process, with one worker, whose network is played.
struct ReplayServer {
    /// Its server blocks, by what is asked of them.
    enum Block {
        /// Kubeadm's.
        case usual
        /// The same without a cache.
        case uncached
        /// One with large sets: a name in the cache and a headless service.
        case large
    }

    /// The ports of kubeadm's block, of the one without a cache, and of the one with large sets.
    let port: Int
    let uncachedPort: Int
    private let largePort: Int
    let server: Server
    private let folder: String

    /// Starts it and waits until it answers.
    ///
    /// - Throws: what keeps it from starting.
    init() async throws {
        (port, uncachedPort, largePort) = try (FreePort.take(), FreePort.take(), FreePort.take())
        let upstream = try FreePort.take()
        folder = try Self.makeFolder()
        try Self.write(ReplayCluster.manifest, to: "\(folder)/cluster.yaml")
        let corefile = "\(folder)/Corefile"
        let blocks = try Self.corefile(port: port, uncached: uncachedPort, upstream: upstream, folder: folder)
        try Self.write(blocks + LargeSets.block(port: largePort, folder: folder), to: corefile)
        try LargeSets.writeManifest(in: folder)
        replay_play_upstream(UInt16(upstream))
        // Not before the ports are chosen: two of these shall not want the same ones.
        replay_fix_chance()
        server = try Server(
            options: .init(
                corefilePath: corefile, environment: [:], workers: 1, plugins: PluginOrder.definitions),
            metrics: MetricsRegistry())
        try await server.start()
        try await waitUntilAnswering()
    }

    func port(of block: Block) -> Int {
        switch block {
        case .usual: port
        case .uncached: uncachedPort
        case .large: largePort
        }
    }

    /// Removes its files.
    func removeFiles() {
        LargeSets.removeManifest(in: folder)
        for name in ["Corefile", "cluster.yaml"] { unsafe unlink("\(folder)/\(name)") }
        unsafe rmdir(folder)
    }

    /// What kubeadm installs, but for `health` and `ready`, which have no part in a query's way; and, at another port, the same without
    /// a cache.
    private static func corefile(port: Int, uncached: Int, upstream: Int, folder: String) throws -> String {
        let metrics = try FreePort.take()
        func block(_ port: Int, _ more: String) -> String {
            """
            .:\(port) {
                bind 127.0.0.1
                errors
                kubernetes cluster.local in-addr.arpa ip6.arpa {
                    manifests \(folder)
                    startup_timeout 5m
                    pods insecure
                    fallthrough in-addr.arpa ip6.arpa
                    ttl 30
                }
                prometheus 127.0.0.1:\(metrics)
                forward . 127.0.0.1:\(upstream) {
                    max_concurrent 1000
                }
                loadbalance
            \(more)}

            """
        }
        let cache = """
                cache 30 {
                    disable success cluster.local
                    disable denial cluster.local
                }
                loop
                reload

            """
        return block(port, cache) + block(uncached, "")
    }

    private static func makeFolder() throws -> String {
        var template = Array("/tmp/needletail-replay-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            throw ReplayFailure("no folder for its files can be made in /tmp")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func write(_ text: String, to path: String) throws {
        guard let file = unsafe fopen(path, "w") else { throw ReplayFailure("\(path) cannot be written") }
        let isWritten = unsafe fputs(text, file) >= 0
        guard unsafe fclose(file) == 0, isWritten else { throw ReplayFailure("\(path) cannot be written") }
    }

    /// Asks over the real network, thrice: what `loop` wants to know has been answered by then as well.
    private func waitUntilAnswering() async throws {
        let question = Message(id: 1, asking: Question(try Name(parsing: ReplayCluster.name(1)), .A))
        for port in [port, uncachedPort, port] {
            let reply = try await onThread { try Asking.message(question, port: port, within: .seconds(60)) }
            guard reply?.answers.count == 1 else { throw ReplayFailure("the server does not know its cluster") }
        }
        try await LargeSets.fill(port: largePort)
    }
}

/// Why there is no result.
struct ReplayFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
