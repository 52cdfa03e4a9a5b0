import Basics
import Corefile
import DNSServer
import Glibc
import Synchronization
import Telemetry

/// What a hosts file and the Corefile's entries say now, shared by all workers.
///
/// A reader holds the tables that it has seen and looks at a version number; only when the file has changed does it take the
/// lock for the new ones.
final class WatchedHostsFile: Sendable {
    /// Both sources, asked in this order.
    struct Tables: Sendable {
        var file: HostsTable
        let inline: HostsTable
    }

    let path: String
    private let zones: ZoneScope
    private let hasReverse: Bool
    private let metrics: MetricsRegistry
    private let state: Mutex<State>
    private let changes = Atomic<UInt64>(1)

    private static let maximumBytes = 64 << 20

    private struct State {
        var tables: Tables
        var stamp: FileStamp?
        var token: CollectorToken?
        var changed: Gauge?
    }

    init(path: String, inline: HostsTable, zones: ZoneScope, hasReverse: Bool, metrics: MetricsRegistry) {
        self.path = path
        self.zones = zones
        self.hasReverse = hasReverse
        self.metrics = metrics
        state = Mutex(State(tables: Tables(file: .empty, inline: inline)))
    }

    /// Changes with the tables.
    var version: UInt64 { changes.load(ordering: .acquiring) }

    /// The tables as they are now.
    var tables: Tables { state.withLock { $0.tables } }

    /// Registers the metrics.
    ///
    /// - Throws: when another metric has the name.
    func registerMetrics() throws(StartError) {
        do {
            let token = try metrics.gauge(
                "coredns_hosts_entries", help: "The combined number of entries in hosts and Corefile.",
                labels: [("hostsfile", path)]
            ) { [weak self] in
                guard let tables = self?.tables else { return 0 }
                return Double(tables.file.count + tables.inline.count)
            }
            let changed = try metrics.gauge(
                "coredns_hosts_reload_timestamp_seconds", help: "The timestamp of the last reload of hosts file.")
            state.withLock { state in
                state.token = token
                state.changed = changed
            }
        } catch {
            throw StartError("plugin/hosts: \(error)")
        }
    }

    /// Stops to tell of the file; a later plugin that has taken it up goes on telling.
    func retire() {
        let token = state.withLock { $0.token.take() }
        if let token { metrics.remove(token) }
    }

    /// Reads the file if it has changed since; a file that cannot be read changes nothing.
    func read() {
        guard let stamp = FileStamp(path), stamp.kind == .file else { return }
        guard state.withLock({ $0.stamp }) != stamp else { return }
        guard let text = try? FileReader.read(path, atMost: Self.maximumBytes) else { return }
        let table = HostsTable(HostsFile(text, zones: zones, hasReverse: hasReverse))
        state.withLock { state in
            state.tables.file = table
            state.stamp = stamp
            state.changed?.set(stamp.modified)
        }
        changes.wrappingAdd(1, ordering: .releasing)
    }

    /// Why the file cannot be used; nil when it can, or when it is only missing.
    static func problem(with path: String) -> String? {
        guard FileStamp(path) == nil, errno != ENOENT else { return nil }
        return unsafe String(cString: strerror(errno)).lowercased()
    }

    /// What is odd about the file.
    static func notice(about path: String) -> String? {
        guard let stamp = FileStamp(path) else { return "File does not exist: \(path)" }
        return switch stamp.kind {
        case .file: nil
        case .folder: "Hosts file \"\(path)\" is a directory"
        case .other: "Hosts file \"\(path)\" is no ordinary file, and is not read"
        }
    }
}
