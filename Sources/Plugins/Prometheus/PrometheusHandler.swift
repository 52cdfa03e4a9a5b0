import DNSServer
import DNSWire
import Telemetry

/// Counts the queries of one server block in one worker, on their way up.
final class PrometheusHandler: ReplyHandler {
    private let zones: ZoneScope
    private let counts: [ZoneCounts]
    /// The counts of the only zone; most blocks have one.
    private let single: ZoneCounts?
    private let block: BlockIdentity
    private let metrics: MetricsRegistry
    private let shard: MetricShard
    private let types = QueryTypes()
    /// One for each zone, made when the first reply shows which plugins the chain has.
    private var responses: [CounterMatrix]?
    /// The one of the only zone.
    private var singleResponses: CounterMatrix?

    init(
        _ zones: ZoneScope, _ counts: [ZoneCounts], _ block: BlockIdentity, _ metrics: MetricsRegistry, _ worker: Worker
    ) {
        self.block = block
        self.zones = zones
        self.counts = counts
        single = counts.count == 1 ? counts[0] : nil
        self.metrics = metrics
        shard = worker.shard
    }

    func handle(_ query: Query) -> Verdict { .next }

    func finish(_ query: Query) -> ReplyVerdict {
        guard let single else { return finish(query, zone(of: query)) }
        count(query, single)
        if query.hasReply, !query.isDropped {
            singleResponses?.count(query, in: shard) ?? countResponse(query, 0)
        }
        return .done
    }

    private func finish(_ query: Query, _ zone: Int) -> ReplyVerdict {
        guard counts.indices.contains(zone) else { return .done }
        count(query, counts[zone])
        if query.hasReply, !query.isDropped { countResponse(query, zone) }
        return .done
    }

    private func count(_ query: Query, _ count: ZoneCounts) {
        count.count(query, types, query.hasReply && !query.isDropped ? query.reply.count : nil, in: shard)
    }

    private func zone(of query: Query) -> Int {
        // Blocks only get queries for their zones; should there be none, the shortest takes the count.
        return zones.index(of: query.name) ?? counts.count - 1
    }

    private func countResponse(_ query: Query, _ zone: Int) {
        let responses = self.responses ?? makeResponses(query)
        guard responses.indices.contains(zone) else { return }
        if responses.count == 1 { singleResponses = responses[0] }
        responses[zone].count(query, in: shard)
    }

    /// Registers the counters; without them, when that fails, the rest is counted still.
    private func makeResponses(_ query: Query) -> [CounterMatrix] {
        let plugins = query.chain?.names ?? []
        let made = try? zones.texts.map {
            try ZoneCounts.responses(
                server: block.serverLabel, zone: $0, view: block.viewName, plugins: plugins, metrics)
        }
        responses = made ?? []
        return made ?? []
    }
}

extension CounterMatrix {
    /// Counts the reply to `query` by its code and by who made it.
    fileprivate func count(_ query: Query, in shard: MetricShard) {
        increment(ResponseCodes.index(of: query.responseCode), query.replier + 1, in: shard)
    }
}
