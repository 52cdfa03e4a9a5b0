/// The most that the server may hold of each thing that a load can pile up.
///
/// All follows the memory limit: about half of it is left to the program, the cluster's state and whatever has no limit of its own;
/// the other half is shared out here. Each share has a largest useful value, so that a large machine is not filled for its own sake.
package struct ResourceLimits: Equatable, Sendable {
    /// What the shares were taken from.
    package var memory: MemoryLimit
    /// Queries that wait for something, in all workers.
    package var waitingQueries: Int
    /// TCP connections, at all addresses together.
    package var connections: Int
    /// HTTP connections at each address, of `health`, `ready` and `prometheus`.
    package var httpConnections: Int
    /// UDP sockets to upstreams, of all workers.
    package var upstreamSockets: Int
    /// Queries of one connection that are being answered at once; reading pauses at the limit.
    package var queriesPerConnection: Int
    /// Octets of messages that connections hold beyond ``octetsPerConnection``.
    package var bufferOctets: Int
    /// Octets of all caches together.
    package var cacheOctets: Int
    /// Octets of queries that go to upstreams over connections, until those have taken them.
    package var requestOctets: Int
    /// The longest query that is passed on to an upstream, in octets.
    package var forwardedQueryOctets: Int
    /// Octets of datagrams that the kernel keeps for all UDP sockets of one address until they are received.
    package var receiveOctets: Int

    /// What a waiting query takes, its share of tasks and tables included; measured as 3.6 KiB.
    package static let octetsPerQuery = 4_096
    /// What a connection may hold in buffers of its own.
    package static let octetsPerConnection = 8_192
    /// What an idle connection takes besides; for the sums only.
    private static let connectionOverhead = 8_192

    /// Shares out `memory`.
    ///
    /// - Parameters:
    ///   - openFiles: how many files and sockets the process may have open. What is left after ``leastFiles(workers:)`` is shared out:
    ///     half for TCP connections, a quarter for upstreams, three sixteenths for HTTP, the rest for all else.
    ///   - workers: how many workers there are.
    package init(memory: MemoryLimit = .assumed, openFiles: Int = .max, workers: Int = 1) {
        let spareFiles = max(0, openFiles - Self.leastFiles(workers: workers))
        let octets = memory.octets
        let connectionOctets = Self.octetsPerConnection + Self.connectionOverhead
        self.memory = memory
        waitingQueries = Self.bounded(octets / 10 / Self.octetsPerQuery, 512...8_192)
        connections = min(Self.bounded(octets / 10 / connectionOctets, 64...8_192), max(8, spareFiles / 2))
        httpConnections = Self.bounded(spareFiles / 16, 8...64)
        upstreamSockets = 8 * max(1, workers) + spareFiles / 4
        queriesPerConnection = 128
        bufferOctets = Self.bounded(octets / 20, (1 << 20)...(64 << 20))
        cacheOctets = max(octets / 6, 4 << 20)
        requestOctets = Self.bounded(octets / 40, (1 << 20)...(32 << 20))
        // What people ask fits into a few hundred octets. Where there is memory for it, whatever TCP carries is passed on.
        forwardedQueryOctets = Self.bounded(octets >> 18, 4_096...65_535)
        receiveOctets = Self.bounded(octets / 64, (1 << 20)...(16 << 20))
    }

    /// How many files and sockets a server with `workers` workers needs.
    ///
    /// Some forty are its own, listeners among them, and each worker has its sockets; 8 TCP connections and 8 HTTP connections at each of
    /// three addresses can be open besides.
    package static func leastFiles(workers: Int) -> Int { 64 + 16 * max(1, workers) }

    private static func bounded(_ value: Int, _ range: ClosedRange<Int>) -> Int {
        min(max(value, range.lowerBound), range.upperBound)
    }

    /// Queries that the server asks itself in the background, in each of `workers` workers.
    ///
    /// An eighth of those that may wait: they never take the places of many clients' queries.
    func backgroundQueries(workers: Int) -> Int {
        max(16, waitingQueries / 8 / max(1, workers))
    }

    /// Octets of waiting queries for each of `workers` workers.
    func waitingOctets(workers: Int) -> Int {
        max(64, waitingQueries / max(1, workers)) * Self.octetsPerQuery
    }

    /// The receive buffer of one of `workers` UDP sockets of an address.
    ///
    /// More only means that queries wait longer under overload: a quarter of a mebibyte, which the kernel doubles, holds some 700
    /// datagrams, which a worker answers in about 10 ms. Less would lose a burst that arrives while a worker does not run.
    func receiveBuffer(workers: Int) -> Int {
        Self.bounded(receiveOctets / max(1, workers), (64 << 10)...(256 << 10))
    }
}

extension ResourceLimits: CustomStringConvertible {
    /// One line for the log.
    package var description: String {
        "memory \(Self.mebibytes(memory.octets)) (\(memory.source.rawValue)): at most \(waitingQueries) waiting queries, "
            + "\(connections) connections, \(Self.mebibytes(bufferOctets)) of buffers, \(Self.mebibytes(cacheOctets)) of cache"
    }

    private static func mebibytes(_ octets: Int) -> String { "\(octets >> 20) MiB" }
}
