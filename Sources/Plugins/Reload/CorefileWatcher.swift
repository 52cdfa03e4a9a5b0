import Corefile
import Crypto
import DNSServer
import Logging
import Synchronization
import Telemetry

/// Reads the Corefile again and again, and asks for a reload when what it says has changed.
///
/// One for the process, kept across reloads, so that a broken file is tried once and not at every turn. It ends when a
/// configuration without `reload` serves.
final class CorefileWatcher: HandoverResource {
    /// What is watched, and what is done about it.
    struct Source: Sendable {
        /// The Corefile as it is now; nil when it does not lie in a file.
        let read: @Sendable () throws(ConfigurationError) -> Corefile?
        let reload: @Sendable () async -> Server.ReloadResult?
    }

    private let source: Source
    private let metrics: MetricsRegistry
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var settings = ReloadConfiguration()
        /// The digest of what was tried last, served or not.
        var lastTried: String?
        /// The digest of what serves.
        var running: String?
        /// The digest that the metric shows.
        var shown: String?
        /// What was wrong with the text when it was last read.
        var complaint: String?
        /// Whether the text that was tried last could not serve.
        var hasFailed = false
        var failures: Counter?
        var task: Task<Void, Never>?
    }

    init(source: Source, metrics: MetricsRegistry, logger: Logger) {
        self.source = source
        self.metrics = metrics
        self.logger = logger
    }

    /// Registers the metrics.
    ///
    /// - Throws: when another metric has the name.
    func register() throws(StartError) {
        do {
            let failures = try metrics.counter(
                "coredns_reload_failed_total", help: "Counter of the number of failed reload attempts.")
            state.withLock { $0.failures = failures }
        } catch {
            throw StartError("plugin/reload: \(error)")
        }
    }

    /// The digest of the Corefile as it is now; nil when there is none or it has a mistake.
    func currentDigest() -> String? {
        (try? source.read()).flatMap { $0 }.map(Self.digest(of:))
    }

    /// A configuration with these settings serves: from now on what differs from `digest` is a change.
    func serve(_ settings: ReloadConfiguration, digest: String?) {
        let isNew = state.withLock { state in
            state.settings = settings
            defer { state.running = digest }
            state.lastTried = digest ?? state.lastTried
            guard digest != nil, state.task == nil else { return state.running != digest }
            state.task = Task { [weak self] in await Self.watch { self } }
            return true
        }
        guard let digest else { return }
        state.withLock { $0.hasFailed = false }
        guard isNew else { return }
        showVersion(digest)
        logger.info("Running configuration SHA512 = \(digest)")
    }

    func close() async {
        state.withLock { $0.task }?.cancel()
    }

    private static func watch(_ watcher: @Sendable () -> CorefileWatcher?) async {
        while let pause = watcher()?.nextPause() {
            guard (try? await Task.sleep(for: pause)) != nil else { return }
            await watcher()?.look()
        }
    }

    /// The interval, varied by half the jitter at most.
    private func nextPause() -> Duration {
        let settings = state.withLock { $0.settings }
        return settings.interval + settings.jitter * Double.random(in: -0.5...0.5)
    }

    /// Reads the Corefile once and does what is to be done.
    func look() async {
        let digest: String
        do {
            guard let corefile = try source.read() else { return }
            digest = Self.digest(of: corefile)
        } catch {
            complain(error)
            return
        }
        let (isNew, isRepaired) = state.withLock { state in
            defer { (state.lastTried, state.complaint) = (digest, nil) }
            // What serves already needs no reload: somebody has taken a mistake back.
            let wasWrong = state.complaint != nil || state.hasFailed
            if state.running == digest { state.hasFailed = false }
            return (state.lastTried != digest && state.running != digest, wasWrong && state.running == digest)
        }
        if isRepaired { logger.info("Corefile is in order again: it says what is served") }
        guard isNew else { return }
        // Not cancelled with the watcher: a reload that has begun is finished.
        let result = await Task { [source] in await source.reload() }.value
        guard case .failed(let reason) = result else { return }
        logger.error("Corefile changed but reload failed: \(reason)")
        let failures = state.withLock { state in
            state.hasFailed = true
            return state.failures
        }
        failures?.increment(in: metrics.shared)
    }

    /// Says a mistake once; a file that cannot be read is passed over, since it is being replaced.
    private func complain(_ error: ConfigurationError) {
        guard error.code != .unreadableFile else { return }
        let text = "\(error)"
        let isNew = state.withLock { state in
            defer { state.complaint = text }
            return state.complaint != text
        }
        if isNew { logger.warning("Corefile parse failed: \(text)") }
    }

    private func showVersion(_ digest: String) {
        let name = "coredns_reload_version_info"
        let help = "A metric with a constant '1' value labeled by hash, and value which type of hash generated."
        let former = state.withLock { state in
            defer { state.shown = digest }
            return state.shown
        }
        if let former, former != digest { metrics.remove(name, labels: [("hash", "sha512"), ("value", former)]) }
        let gauge = try? metrics.gauge(name, help: help, labels: [("hash", "sha512"), ("value", digest)])
        gauge?.set(1)
    }

    /// SHA-512 of what the Corefile and its imports say, comments and spacing apart, in hexadecimal.
    static func digest(of corefile: Corefile) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in SHA512.hash(data: Array(corefile.canonicalText.utf8)) {
            text += [digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
        }
        return String(decoding: text, as: UTF8.self)
    }
}
