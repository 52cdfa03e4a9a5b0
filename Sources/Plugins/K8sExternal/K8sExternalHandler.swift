import DNSServer
import DNSWire

/// `k8s_external` at work in one worker.
final class K8sExternalHandler: QueryHandler {
    private let kubernetes: KubernetesPlugin
    private let view: ClusterView
    private let responder: ExternalResponder
    private let fallthroughZones: ZoneScope

    init(
        _ kubernetes: KubernetesPlugin, _ responder: ExternalResponder, _ fallthroughZones: ZoneScope, _ worker: Worker
    ) {
        self.kubernetes = kubernetes
        self.responder = responder
        self.fallthroughZones = fallthroughZones
        view = kubernetes.makeView(for: worker)
    }

    func handle(_ query: Query) -> Verdict {
        guard let (zone, start) = responder.zone(of: query.name) else { return .next }
        // Zone transfers are for the plugin of that name, which asks for them otherwise.
        if query.type == .AXFR || query.type == .IXFR { return .fail(QueryFailure(.refused)) }
        let snapshot = view.current
        query.beginReply(.noError, authoritative: true)
        switch zone.part(of: query.name) {
        case .apex:
            return answerApex(query, zone, start, snapshot)
        case .nameServer where query.type == .A || query.type == .AAAA:
            let addresses = responder.serverAddresses(snapshot, kubernetes.localAddresses)
            let hasRecords = responder.write(addresses, query.type, into: query.reply)
            return hasRecords ? .reply : deny(query, .noError, zone, start, snapshot)
        case .node, .nameServer:
            return deny(query, .noError, zone, start, snapshot)
        case .nothing:
            return deny(query, .nameError, zone, start, snapshot)
        case .service:
            return answerService(query, zone, start, snapshot)
        }
    }

    private func answerApex(
        _ query: Query, _ zone: ExternalZone, _ start: Int, _ snapshot: ClusterSnapshot
    ) -> Verdict {
        switch query.type {
        case .SOA:
            responder.writeAuthority(
                zone, at: start, serial: snapshot.externalSerial, into: query.reply, section: .answer)
            return .reply
        case .NS:
            let addresses = responder.serverAddresses(snapshot, kubernetes.localAddresses)
            responder.writeNameServer(zone, at: start, addresses, into: query.reply)
            return .reply
        default:
            return deny(query, .noError, zone, start, snapshot)
        }
    }

    private func answerService(
        _ query: Query, _ zone: ExternalZone, _ start: Int, _ snapshot: ClusterSnapshot
    ) -> Verdict {
        let question = Self.question(query, start)
        if query.type == .PTR, let address = question.reverseAddress {
            let hasRecords = responder.writePointers(address, snapshot, into: query.reply)
            return hasRecords ? .reply : replyNameError(query, zone, start, snapshot)
        }
        let hasRecords: Bool
        switch snapshot.findExternal(question, responder.policy, servesHeadless: responder.servesHeadless) {
        case .nothing:
            return replyNameError(query, zone, start, snapshot)
        case .node:
            hasRecords = false
        case .service(let service, let external, let ports, let filter):
            switch query.type {
            case .A, .AAAA: hasRecords = responder.write(external.addresses, query.type, into: query.reply)
            case .SRV:
                hasRecords = responder.writeServices(question, service, external, ports, filter, into: query.reply)
            default: return deny(query, .noError, zone, start, snapshot)
            }
            let mustAsk = !external.hostnames.isEmpty && (query.type != .SRV || hasRecords)
            if mustAsk { return .wait { await self.appendTargets($0, external.hostnames) } }
        case .endpoints(let service, let endpoints, let items, let filter):
            switch query.type {
            case .A, .AAAA: hasRecords = responder.write(items, of: endpoints, query.type, into: query.reply)
            case .SRV:
                hasRecords = responder.writeServices(question, service, endpoints, items, filter, into: query.reply)
            default: hasRecords = false
            }
        }
        return hasRecords ? .reply : deny(query, .noError, zone, start, snapshot)
    }

    @_lifetime(borrow query)
    private static func question(_ query: borrowing Query, _ zoneStart: Int) -> ClusterQuestion {
        let name = query.name
        return ClusterQuestion(
            name: name, asked: query.message.extracting(MessageHeader.length..<MessageHeader.length + name.count),
            zoneStart: zoneStart, isInReverseZone: false, type: query.type)
    }

    // MARK: Denials

    private func deny(
        _ query: Query, _ code: ResponseCode, _ zone: ExternalZone, _ start: Int, _ snapshot: ClusterSnapshot
    ) -> Verdict {
        query.setResponseCode(code)
        responder.writeAuthority(
            zone, at: start, serial: snapshot.externalSerial, into: query.reply, section: .authority)
        return .reply
    }

    /// As long as the state is not known as a whole, nothing is known not to exist.
    private func replyNameError(
        _ query: Query, _ zone: ExternalZone, _ start: Int, _ snapshot: ClusterSnapshot
    ) -> Verdict {
        guard snapshot.isSynced else {
            // It will be another answer in a moment.
            query.isShareable = false
            return deny(query, .serverFailure, zone, start, snapshot)
        }
        if fallthroughZones.contains(query.name) { return .next }
        return deny(query, .nameError, zone, start, snapshot)
    }

    // MARK: Host names of load balancers

    /// Completes the reply with what the whole server says of `hostnames`: behind an alias to each, or as additional addresses of
    /// SRV records.
    ///
    /// A name that nothing is known of adds nothing.
    private func appendTargets(_ query: Query, _ hostnames: [Name]) async -> Verdict {
        let isService = query.type == .SRV
        for hostname in hostnames {
            if !isService { responder.writeAlias(to: hostname, into: query.reply) }
            for type in isService ? [.A, .AAAA] : [query.type] {
                guard let lookup = await query.lookup(hostname, type),
                    let message = try? Message(decoding: lookup.message.span)
                else { continue }
                for record in message.answers { record.encode(into: query.reply) }
                if !isService, message.flags.isTruncated { query.reply.header.flags.isTruncated = true }
            }
        }
        return .reply
    }

    func retire(on worker: Worker) {
        view.retire(on: worker)
    }
}
