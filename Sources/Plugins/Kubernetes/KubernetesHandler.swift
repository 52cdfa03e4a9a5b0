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
    /// Whether every query of the block comes here as it was asked.
    private let comesFirst: Bool

    init(_ plugin: KubernetesPlugin, _ worker: Worker) {
        self.plugin = plugin
        responder = ClusterResponder(plugin.policy, fallthroughZones: plugin.fallthroughZones)
        zones = plugin.policy.index
        view = plugin.makeView(for: worker)
        comesFirst = plugin.comesFirst
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
        responder.room = query.reply.limit
    }

    private func answer(_ query: Query, _ snapshot: Uncounted<ClusterSnapshot>) -> Verdict {
        guard let zone = zones.zone(of: query.name) else { return .next }
        // Zone transfers are for the plugin of that name, which asks for them otherwise.
        if query.type == .AXFR || query.type == .IXFR { return .fail(QueryFailure(.refused)) }
        let question = Self.question(query, in: zone)
        begin(query)
        let answer = snapshot.with { snapshot in
            responder.answer(
                question, from: snapshot, into: query.reply, comesHere: { comesFirst && query.sharesChain(with: $0) },
                localAddresses: { plugin.localAddresses })
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
        if snapshot.isSynced, responder.passesOn(query.name) { return .next }
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

    // MARK: Names that others know

    /// Asks the whole server for the end of `chain` and answers with the aliases and what it says; the code is that of the last name
    /// (RFC 6604 §3).
    ///
    /// An alias to a name of the plugin's own zones that has nothing of the type is not shown, as in CoreDNS.
    private func resolve(_ query: Query, _ chain: AliasChain) async -> Verdict {
        let target = chain.targets.last ?? .root
        let lookup = await query.lookup(target, query.type)
        query.beginReply(.noError, authoritative: true)
        responder.write(chain, into: query.reply)
        let count = query.reply.header.answerCount
        var end = AliasEnd()
        var code = end.follow(lookup, in: query)
        let hasNothing = query.reply.header.answerCount == count
        if hasNothing, let lookup, zones.zone(of: target.lowercased.wire.span) != nil {
            if lookup.isUnserved { code = lookup.responseCode }
            if code == .noError || code == .nameError, let zone = zones.zone(of: query.name) {
                query.beginReply(.noError, authoritative: true)
                let question = Self.question(query, in: zone)
                responder.writeAuthority(question, view.current.serial, into: query.reply, section: .authority)
                return .reply
            }
        }
        query.setResponseCode(code)
        return .reply
    }

    func retire(on worker: Worker) {
        view.retire(on: worker)
    }
}
