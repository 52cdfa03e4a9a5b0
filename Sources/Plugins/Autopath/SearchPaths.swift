import DNSServer
import DNSWire

/// A plugin that knows the search paths of those who ask, for `autopath @NAME`.
protocol SearchPathProvider: Plugin {
    /// Whether it knows any; known before any handler is made.
    var knowsSearchPaths: Bool { get }

    /// The search paths as one worker sees them.
    ///
    /// - Parameter machine: the domains of the machine's own search path, which stand last.
    func makeSearchPaths(for worker: Worker, machine: [Name]) -> any SearchPaths
}

/// Finds out which search path a query comes from, for one worker.
protocol SearchPaths {
    /// The search path of which `query`'s name has the first domain; nil when it has not.
    func path(for query: Query) -> SearchPath?

    /// No more queries come.
    func retire(on worker: Worker)
}

/// The same search path for all askers.
struct FixedSearchPath: SearchPaths {
    let domains: [Name]

    func path(for query: Query) -> SearchPath? {
        guard let first = domains.first, let start = suffixStart(of: query.name, under: first.wire.span) else {
            return nil
        }
        return SearchPath(query.nameAsAsked, base: start, domains: Array(domains.dropFirst()))
    }

    func retire(on worker: Worker) {}
}
