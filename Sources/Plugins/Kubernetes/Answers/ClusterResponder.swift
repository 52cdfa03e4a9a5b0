import DNSWire
import KubernetesClient

/// Answers questions from snapshots, for one worker: writes the records into the reply, whose question section is there already.
///
/// The owner of what is asked for is a pointer to the question, and names under the zone end in a pointer or a copy of the zone as
/// it was asked for: the asker's case comes back without work.
final class ClusterResponder {
    let policy: AnswerPolicy
    /// Where the targets of the SRV records in the reply stand; kept to be used again.
    var targets: ContiguousArray<Int> = []

    init(_ policy: AnswerPolicy) {
        self.policy = policy
    }

    /// Answers `question`.
    ///
    /// - Parameter localAddresses: the addresses this server is reached at; asked for only when they matter.
    func answer(
        _ question: ClusterQuestion, from snapshot: ClusterSnapshot, into reply: MessageWriter,
        localAddresses: () -> [ClusterAddress] = { [] }
    ) -> ClusterAnswer {
        switch question.type {
        case .A, .AAAA:
            break
        case .SOA:
            // CoreDNS has no other answer to SOA, not even for names that do not exist.
            guard question.isApex else { return .noData }
            writeAuthority(question, snapshot.serial, into: reply, section: .answer)
            return .records
        case .NS where question.isApex:
            return writeNameServers(question, snapshot, localAddresses(), into: reply)
        case .PTR:
            if let address = question.reverseAddress { return writePointers(address, snapshot, into: reply) }
            // Unlike other types, PTR does not know `ns.dns`, as in CoreDNS.
            if question.isNameServer { return .nameError }
        case .TXT:
            return answerText(question, snapshot, into: reply)
        default:
            break
        }
        switch snapshot.find(question, policy) {
        case .nothing: return .nameError
        case .node: return .noData
        case .nameServer:
            return writeServerAddresses(question, snapshot, localAddresses, into: reply)
        case .service(let view, let facts, let ports):
            return answerService(question, view, facts, ports, into: reply)
        case .endpoints(let view, let endpoints, let selection):
            return answerEndpoints(question, view, endpoints, selection, into: reply)
        case .alias(let target):
            return answerAlias(question, target, snapshot, into: reply)
        case .pod(let address):
            return writeAddress(address, question.type, into: reply)
        }
    }

    /// A TXT record is there for `dns-version` alone; elsewhere only names with records of their own exist, as in CoreDNS.
    private func answerText(
        _ question: ClusterQuestion, _ snapshot: ClusterSnapshot, into reply: MessageWriter
    ) -> ClusterAnswer {
        if question.isVersion {
            let record = reply.beginRecord(ownerAt: Self.questionOffset, type: .TXT, ttl: Self.versionTTL)
            reply.append(UInt8(5))
            for octet in "1.1.0".utf8 { reply.append(octet) }
            reply.endRecord(record)
            return .records
        }
        switch snapshot.find(question, policy) {
        case .nothing, .node, .nameServer: return .nameError
        default: return .noData
        }
    }

    private func answerService(
        _ question: ClusterQuestion, _ view: ServiceView, _ facts: ServiceFacts, _ ports: PortFilter,
        into reply: MessageWriter
    ) -> ClusterAnswer {
        switch question.type {
        case .A, .AAAA: return writeAddresses(facts.addresses, question.type, into: reply)
        case .SRV: return writeServices(question, view, facts, ports, into: reply)
        default: return .noData
        }
    }

    private func answerEndpoints(
        _ question: ClusterQuestion, _ view: ServiceView, _ endpoints: EndpointTable,
        _ selection: EndpointSelection, into reply: MessageWriter
    ) -> ClusterAnswer {
        switch question.type {
        case .A, .AAAA: return writeAddresses(question, endpoints, selection, question.type, into: reply)
        case .SRV: return writeServices(question, view, endpoints, selection, into: reply)
        default: return .noData
        }
    }

    // MARK: Addresses

    /// Where the question's name stands in every reply.
    static let questionOffset = MessageHeader.length
    /// Units: seconds.
    private static let versionTTL: UInt32 = 28_800

    /// Writes the addresses of one family.
    func writeAddresses(
        _ addresses: AddressList, _ type: RecordType, owner: Int = questionOffset, into reply: MessageWriter
    ) -> ClusterAnswer {
        let numbers = type == .A ? 0..<addresses.v4Count : addresses.v4Count..<addresses.count
        guard !numbers.isEmpty else { return .noData }
        let octets = addresses.octets.span
        for number in numbers {
            reply.appendRecord(
                ownerAt: owner, type: type, ttl: policy.ttl, data: octets.extracting(addresses.range(number)))
        }
        return .records
    }

    /// Writes the addresses of one family of the endpoints meant.
    func writeAddresses(
        _ question: ClusterQuestion, _ endpoints: EndpointTable, _ selection: EndpointSelection,
        _ type: RecordType, owner: Int = questionOffset, into reply: MessageWriter
    ) -> ClusterAnswer {
        switch selection {
        case .all:
            return writeAddresses(endpoints.addresses, type, owner: owner, into: reply)
        case .ports(let filter):
            return writeAddresses(endpoints, type, owner, into: reply, count: endpoints.items.count) { place in
                let item = endpoints.items[place]
                let ports = endpoints.portTables[Int(item.ports)]
                return ports.next(after: nil, filter, question.name) == nil ? nil : item
            }
        case .places(let places):
            return writeAddresses(endpoints, type, owner, into: reply, count: places.count) { place in
                endpoints.indexedItem(places.lowerBound &+ place)
            }
        }
    }

    private func writeAddresses(
        _ endpoints: EndpointTable, _ type: RecordType, _ owner: Int, into reply: MessageWriter, count: Int,
        item: (Int) -> EndpointTable.Item?
    ) -> ClusterAnswer {
        let octets = endpoints.addresses.octets
        var last: UInt32?
        for place in 0..<count {
            // Items are sorted by address, so that the same address twice comes one after the other.
            guard let item = item(place), item.address != last else { continue }
            let number = Int(item.address)
            guard endpoints.addresses.isIPv4(number) == (type == .A) else { continue }
            last = item.address
            reply.appendRecord(
                ownerAt: owner, type: type, ttl: policy.ttl,
                data: octets.span.extracting(endpoints.addresses.range(number)))
        }
        return last == nil ? .noData : .records
    }

    /// Writes one address if it is of the family asked for.
    func writeAddress(
        _ address: ClusterAddress, _ type: RecordType, owner: Int = questionOffset, into reply: MessageWriter
    ) -> ClusterAnswer {
        guard type == (address.isIPv4 ? .A : .AAAA) else { return .noData }
        let record = reply.beginRecord(ownerAt: owner, type: type, ttl: policy.ttl)
        for index in (address.isIPv4 ? 12 : 0)..<16 { reply.append(address.byte(at: index)) }
        reply.endRecord(record)
        return .records
    }

    // MARK: The zone

    /// Writes the SOA record of the question's zone.
    ///
    /// Source: RFC 1035 §3.3.13, RFC 2308 §3.
    func writeAuthority(
        _ question: ClusterQuestion, _ serial: UInt32, into reply: MessageWriter, section: Section
    ) {
        reply.section = section
        let zone = Self.questionOffset &+ question.zoneStart
        let record = reply.beginRecord(ownerAt: zone, type: .SOA, ttl: min(policy.ttl, 300))
        reply.append(Self.primaryServer.span)
        reply.appendPointer(to: zone)
        reply.append(Self.mailbox.span)
        reply.appendPointer(to: zone)
        reply.append(serial)
        reply.append(Self.timers.span)
        reply.append(policy.ttl)
        reply.endRecord(record)
    }

    static let primaryServer = ContiguousArray("\u{2}ns\u{3}dns".utf8)
    private static let mailbox = ContiguousArray("\u{A}hostmaster".utf8)
    /// Refresh 7200, retry 1800, expire 86400 seconds.
    private static let timers: ContiguousArray<UInt8> = [0, 0, 0x1C, 0x20, 0, 0, 0x07, 0x08, 0, 1, 0x51, 0x80]
}
