import Corefile
import DNSServer

/// A name whose addresses cannot be found: why.
struct NameFailure: Error, CustomStringConvertible {
    let description: String
}

/// Finds the addresses of upstreams that are given by name, once, before their line serves.
///
/// Difference from CoreDNS, which fails at the first name that is not found: the servers asked may be starting themselves, so
/// it asks again for some seconds.
struct NameResolution: Sendable {
    /// The addresses of one name, in a bounded time.
    var lookUp: @Sendable (_ host: String) async throws(NameFailure) -> [SocketAddress]
    /// The time since some fixed moment.
    var now: @Sendable () -> Duration
    /// Waits.
    var pause: @Sendable (Duration) async -> Void
    /// Whether there is no point in going on.
    var isStopped: @Sendable () -> Bool = { false }

    /// How long a name may take to be found.
    static let patience = Duration.seconds(10)
    private static let firstPause = Duration.milliseconds(250)
    private static let longestPause = Duration.seconds(2)

    /// Asks `resolvers`, or the system without any.
    init(
        asking resolvers: [SocketAddress], isStopped: @escaping @Sendable () -> Bool
    ) {
        let origin = ContinuousClock.now
        now = { origin.duration(to: .now) }
        // Only a cancelled task does not wait, and then there is nothing to wait for.
        pause = { try? await Task.sleep(for: $0) }
        self.isStopped = isStopped
        lookUp = { host throws(NameFailure) in
            guard !resolvers.isEmpty else { return try await SystemResolver.addresses(of: host) }
            return try await DatagramResolver(servers: resolvers).addresses(of: host)
        }
    }

    init(
        lookUp: @escaping @Sendable (String) async throws(NameFailure) -> [SocketAddress],
        now: @escaping @Sendable () -> Duration, pause: @escaping @Sendable (Duration) async -> Void
    ) {
        self.lookUp = lookUp
        self.now = now
        self.pause = pause
    }

    /// The addresses of `hosts`.
    ///
    /// - Parameter report: is told what is asked again, once for each name.
    /// - Throws: the name that was not found, and why.
    func addresses(
        of hosts: Set<String>, report: (_ host: String, NameFailure) -> Void
    ) async throws(UnresolvedName) -> [String: [SocketAddress]] {
        let end = now() + Self.patience
        var found: [String: [SocketAddress]] = [:]
        var wait = Self.firstPause
        while true {
            var failures: [String: NameFailure] = [:]
            for (host, result) in await ask(hosts.subtracting(found.keys)) {
                switch result {
                case .success(let addresses): found[host] = addresses
                case .failure(let failure): failures[host] = failure
                }
            }
            guard let (host, failure) = failures.min(by: { $0.key < $1.key }) else { return found }
            guard now() < end, !isStopped() else { throw UnresolvedName(host: host, failure: failure) }
            if wait == Self.firstPause { for (host, failure) in failures { report(host, failure) } }
            await pause(wait)
            wait = min(wait * 2, Self.longestPause)
        }
    }

    /// Asks for all `hosts` at the same time.
    private func ask(_ hosts: Set<String>) async -> [(String, Result<[SocketAddress], NameFailure>)] {
        let lookUp = lookUp
        return await withTaskGroup(of: (String, Result<[SocketAddress], NameFailure>).self) { group in
            for host in hosts {
                group.addTask {
                    do throws(NameFailure) {
                        return (host, .success(try await lookUp(host)))
                    } catch {
                        return (host, .failure(error))
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }
}

/// A name that was not found in time.
struct UnresolvedName: Error {
    let host: String
    let failure: NameFailure
}
