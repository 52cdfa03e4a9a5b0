import DNSServer
import DNSWire
import Telemetry

/// `autopath` in one worker.
///
/// The first name of a search path is the one that was asked for, so a query goes its usual way; only when its reply says that the
/// name does not exist are the others tried, through the plugins behind this one.
final class AutopathHandler: ReplyHandler {
    private let zones: ZoneScope
    private let paths: any SearchPaths
    private let successes: Counter

    init(_ zones: ZoneScope, _ paths: any SearchPaths, _ successes: Counter) {
        self.zones = zones
        self.paths = paths
        self.successes = successes
    }

    func handle(_ query: Query) -> Verdict { .next }

    func finish(_ query: Query) -> ReplyVerdict {
        // A name that the server itself asks for is whole: no search path belongs to it.
        guard !query.isOwn, query.hasReply, !query.isDropped, query.header.flags.opcode == .query,
            query.recordClass.takesInternet, zones.contains(query.name), let path = paths.path(for: query)
        else { return .done }
        guard Self.mustGoOn(query.responseCode, query.failure) else {
            if query.failure == nil { successes.increment(in: query.worker.shard) }
            return .done
        }
        var candidates = Array(path.candidates)[...]
        while let name = candidates.popFirst() {
            guard let rest = query.runRest(as: name) else { continue }
            guard rest.isFinished else {
                return .wait { [candidates] query in
                    await rest.wait()
                    guard self.goesOn(after: rest, name, query) else { return }
                    await self.search(candidates, for: query)
                }
            }
            guard goesOn(after: rest, name, query) else { return .done }
        }
        return .done
    }

    private func search(_ candidates: ArraySlice<Name>, for query: Query) async {
        for name in candidates {
            guard let rest = query.runRest(as: name) else { continue }
            await rest.wait()
            guard goesOn(after: rest, name, query) else { return }
        }
    }

    /// Takes the outcome for `name` for the query's unless the search must go on; when nothing is found, the first reply stays.
    private func goesOn(after rest: RestOfChain, _ name: Name, _ query: Query) -> Bool {
        defer { rest.release() }
        if rest.isDropped {
            query.takeFailure(of: rest)
            return false
        }
        guard !Self.mustGoOn(rest.responseCode, rest.failure) else { return true }
        guard rest.failure == nil else {
            query.takeFailure(of: rest)
            return false
        }
        // A reply that cannot be read is no answer.
        guard (try? query.takeReply(of: rest, alias: name)) != nil else { return true }
        successes.increment(in: query.worker.shard)
        return false
    }

    /// Whether the next name shall be tried: the name does not exist, or a plugin refused it without more ado.
    ///
    /// A failure with a reason ends the search, as in CoreDNS: what comes later could be wrong.
    private static func mustGoOn(_ code: ResponseCode, _ failure: QueryFailure?) -> Bool {
        guard let failure else { return code == .nameError }
        return failure.reason.isEmpty
    }

    func retire(on worker: Worker) {
        paths.retire(on: worker)
    }
}
