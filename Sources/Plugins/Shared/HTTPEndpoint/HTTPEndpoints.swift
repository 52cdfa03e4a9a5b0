import Synchronization

/// All HTTP endpoints of a process, so that those whose addresses overlap find each other.
///
/// `prometheus :9153` in one block and `prometheus localhost:9153` in another mean one port, at which only one can listen: the wider
/// address does, and answers for the narrower one.
final class HTTPEndpoints: Sendable {
    private struct Entry {
        weak var endpoint: HTTPEndpoint?
    }

    private let entries = Mutex<[Entry]>([])

    /// Takes in one that was just made.
    func add(_ endpoint: HTTPEndpoint) {
        entries.withLock { entries in
            entries.removeAll { $0.endpoint == nil }
            entries.append(Entry(endpoint: endpoint))
        }
    }

    private func others(than endpoint: HTTPEndpoint) -> [HTTPEndpoint] {
        entries.withLock { $0.compactMap(\.endpoint) }.filter { $0 !== endpoint }
    }

    /// The one that listens, and hears what is sent to `endpoint`'s address.
    func cover(of endpoint: HTTPEndpoint) -> HTTPEndpoint? {
        others(than: endpoint).first { $0.isListening && $0.reach.covers(endpoint.reach) }
    }

    /// Those that `endpoint` would keep from listening.
    func narrower(than endpoint: HTTPEndpoint) -> [HTTPEndpoint] {
        others(than: endpoint).filter { endpoint.reach.covers($0.reach) }
    }

    /// Those that `endpoint` answers for.
    func covered(by endpoint: HTTPEndpoint) -> [HTTPEndpoint] {
        others(than: endpoint).filter { $0.isCovered(by: endpoint) }
    }

    /// Whether one of them listens at an address that overlaps `endpoint`'s.
    func hold(_ endpoint: HTTPEndpoint) -> Bool {
        others(than: endpoint).contains {
            $0.isListening && ($0.reach.covers(endpoint.reach) || endpoint.reach.covers($0.reach))
        }
    }
}

/// At which addresses somebody who listens is reached.
struct HTTPReach: Equatable {
    /// Nil for all.
    let host: String?
    /// 0 is none yet: it overlaps no other.
    let port: Int

    init(host: String, port: Int) {
        switch host {
        case "", "::": self.host = nil
        case "localhost": self.host = "127.0.0.1"
        default: self.host = host
        }
        self.port = port
    }

    func covers(_ other: HTTPReach) -> Bool {
        guard port == other.port, port != 0 else { return false }
        switch (host, other.host) {
        case (nil, _): return true
        case ("0.0.0.0", let other?): return !other.contains(":")
        case (let own, let other): return own == other
        }
    }
}
