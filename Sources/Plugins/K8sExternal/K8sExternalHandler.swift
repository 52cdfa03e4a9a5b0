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
        guard query.recordClass.takesInternet, let (zone, start) = responder.zone(of: query.name) else { return .next }
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
            let (hostnames, isService) = (external.hostnames, query.type == .SRV)
            guard !hostnames.isEmpty, hasRecords || !isService else { break }
            return .wait { query in
                if isService {
                    await self.appendAddresses(query, of: hostnames)
                } else {
                    await self.appendAliases(query, to: hostnames, besides: hasRecords)
                }
                return .reply
            }
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

    /// Completes the answer with an alias to each of `hostnames` and with what the whole server says of it.
    ///
    /// The code is that of the last name (RFC 6604 §3), unless another one, or the service itself, has an address.
    private func appendAliases(_ query: Query, to hostnames: [Name], besides hasRecords: Bool) async {
        var end = AliasEnd()
        var codes: [ResponseCode] = hasRecords ? [.noError] : []
        for hostname in hostnames where !AliasEnd.isReached(in: query) {
            responder.writeAlias(to: hostname, into: query.reply)
            codes.append(end.follow(await query.lookup(hostname, query.type), in: query))
        }
        guard !codes.contains(.noError), let code = codes.last else { return }
        query.setResponseCode(code)
    }

    /// Adds the addresses that the whole server knows of `hostnames`, the targets of SRV records.
    private func appendAddresses(_ query: Query, of hostnames: [Name]) async {
        var end = AliasEnd()
        for hostname in hostnames {
            for type in [RecordType.A, .AAAA] where !AliasEnd.isReached(in: query) {
                _ = end.append(await query.lookup(hostname, type), to: query)
            }
        }
    }

    func retire(on worker: Worker) {
        view.retire(on: worker)
    }
}
