import DNSServer
import DNSWire

/// The `kubernetes` plugin at work in one worker: answers from the snapshot that it holds, and takes the next one when there is one.
final class KubernetesHandler: AnticipatingHandler {
    private let plugin: KubernetesPlugin
    private let responder: ClusterResponder
    /// The responder's; a policy would be copied to get at it.
    private let zones: ZoneIndex
    private let view: ClusterView
    private let recent = RecentServices()
    private let fallthroughZones: [Name]

    init(_ plugin: KubernetesPlugin, _ worker: Worker) {
        self.plugin = plugin
        responder = ClusterResponder(plugin.policy)
        zones = plugin.policy.index
        view = plugin.makeView(for: worker)
        fallthroughZones = plugin.fallthroughZones
    }

    func anticipate(_ query: Query) {
        if query.type == .A { recent.prefetch(query.nameHash) }
    }

    func handle(_ query: Query) -> Verdict {
        let snapshot = view.uncounted
        guard query.type == .A else { return answer(query, snapshot) }
        let (name, version) = (query.name, view.version)
        let hash = query.nameHash
        if let address = recent.address(of: name, hash: hash, version: version) {
            begin(query)
            _ = responder.writeAddress(address, into: query.reply)
            return .reply
        }
        let verdict = answer(query, snapshot)
        // Nothing is noted where the zone was not this one's, or the answer was another.
        if case .reply = verdict, let address = responder.onlyAddress {
            recent.note(address, of: name, hash: hash, version: version)
        }
        return verdict
    }

    private func begin(_ query: Query) {
        query.beginReply(.noError, authoritative: true)
        responder.omitsTargets = query.omitsAdditional
        responder.room = query.writingLimit
    }

    private func answer(_ query: Query, _ snapshot: Uncounted<ClusterSnapshot>) -> Verdict {
        guard let zone = zones.zone(of: query.name) else { return .next }
        // Zone transfers are for the plugin of that name, which asks for them otherwise.
        if query.type == .AXFR || query.type == .IXFR { return .fail(QueryFailure(.refused)) }
        let question = Self.question(query, in: zone)
        begin(query)
        let answer = snapshot.with { snapshot in
            responder.answer(question, from: snapshot, into: query.reply) { plugin.localAddresses }
        }
        switch answer {
        case .records:
            return .reply
        case .noData:
            responder.writeAuthority(
                question, snapshot.with { $0.serial }, into: query.reply, section: .authority)
            return .reply
        case .nameError:
            return snapshot.with { replyNameError(query, question, $0) }
        case .alias(let chain):
            return .wait { await self.resolve($0, chain) }
        }
    }

    /// As long as the state is not known as a whole, nothing is known not to exist: the asker shall try again, and the query is
    /// not passed on to others, who know less.
    private func replyNameError(
        _ query: Query, _ question: ClusterQuestion, _ snapshot: ClusterSnapshot
    ) -> Verdict {
        if snapshot.isSynced,
            fallthroughZones.contains(where: { suffixStart(of: query.name, under: $0.wire.span) != nil })
        {
            return .next
        }
        query.setResponseCode(snapshot.isSynced ? .nameError : .serverFailure)
        // It will be another answer in a moment.
        if !snapshot.isSynced { query.isShareable = false }
        responder.writeAuthority(question, snapshot.serial, into: query.reply, section: .authority)
        return .reply
    }

    /// What `query` asks, in a zone of the plugin.
    @_lifetime(borrow query)
    static func question(
        _ query: borrowing Query, in zone: (start: Int, isReverse: Bool, isMulticluster: Bool)
    ) -> ClusterQuestion {
        let name = query.name
        return ClusterQuestion(
            name: name, asked: query.message.extracting(MessageHeader.length..<MessageHeader.length + name.count),
            zoneStart: zone.start, isInReverseZone: zone.isReverse, isInMulticlusterZone: zone.isMulticluster,
            type: query.type)
    }

    // MARK: Names outside of the zone

    /// Asks the whole server for the end of `chain` and answers with the aliases and what it says, whatever it says; without any
    /// reply there is no answer either.
    private func resolve(_ query: Query, _ chain: AliasChain) async -> Verdict {
        let lookup = if let target = chain.targets.last { await query.lookup(target, query.type) } else { Lookup?.none }
        query.beginReply(.noError, authoritative: true)
        guard let lookup, let message = try? Message(decoding: lookup.message.span) else {
            if let zone = responder.policy.zone(of: query.name) {
                let question = Self.question(query, in: zone)
                responder.writeAuthority(question, view.current.serial, into: query.reply, section: .authority)
            }
            return .reply
        }
        responder.write(chain, into: query.reply)
        for record in message.answers { record.encode(into: query.reply) }
        if message.flags.isTruncated { query.reply.header.flags.isTruncated = true }
        return .reply
    }

    func retire(on worker: Worker) {
        view.retire(on: worker)
    }
}
