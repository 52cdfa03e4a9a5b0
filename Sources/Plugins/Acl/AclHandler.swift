import DNSServer
import DNSWire
import Telemetry

/// Decides on the queries of one worker.
final class AclHandler: ReplyHandler {
    private let rules: [AclRule]
    /// For each rule the places of its zones in the metrics.
    private let places: [[Int]]
    private let counts: AclCounts
    private let shard: MetricShard

    init(_ rules: [AclRule], places: [[Int]], _ counts: AclCounts, _ worker: Worker) {
        self.rules = rules
        self.places = places
        self.counts = counts
        shard = worker.shard
    }

    /// Asks the rules in the order of the Corefile; the first that has a policy for the query decides.
    func handle(_ query: Query) -> Verdict {
        var dependsOnAsker = false
        for index in rules.indices {
            guard let zone = rules[index].zones.index(of: query.name) else { continue }
            dependsOnAsker = dependsOnAsker || rules[index].dependsOnAsker
            guard let action = rules[index].action(for: query) else { continue }
            if action == .allow { break }
            counts.count(action, zone: places[index][zone], in: shard)
            if dependsOnAsker, query.isLookup { query.isShareable = false }
            return Self.refuse(query, action)
        }
        counts.countAllowed(in: shard)
        query.mark = dependsOnAsker && query.isLookup
        return .next
    }

    private static func refuse(_ query: Query, _ action: AclPolicy.Action) -> Verdict {
        guard action != .drop else { return .drop }
        query.beginReply(action == .block ? .refused : .noError)
        query.insistOnExtendedError(action == .block ? .blocked : .filtered)
        return .reply
    }

    /// What another name leads to is kept under that name by nobody where another asker would not have got it: a cache before the plugin
    /// that follows the name sees the asker of the other name only.
    ///
    /// Plugins behind this one, which see the name itself, may keep what it has, since whoever asks for it comes by here.
    func finish(_ query: Query) -> ReplyVerdict {
        if query.mark { query.isShareable = false }
        return .done
    }
}
