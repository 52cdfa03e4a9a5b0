import Basics
import DNSWire

/// Writes the records of `k8s_external` into replies, whose question section is there already.
struct ExternalResponder: Sendable {
    let zones: [ExternalZone]
    /// Where PTR records lead.
    let primaryZone: Name
    let servesHeadless: Bool
    /// Of addresses, PTR records and the zone's own.
    ///
    /// Units: seconds.
    let ttl: UInt32
    /// How `kubernetes` answers: its namespaces are shown, and its TTL is that of aliases and SRV records, as in CoreDNS.
    let policy: AnswerPolicy

    /// The most addresses that the zone's name server is said to have: who makes a service with this server's address among its endpoints
    /// must not make the zone's own records dear.
    private static let serverAddressLimit = 128

    /// Where the question's name stands in every reply.
    static let questionOffset = MessageHeader.length

    /// The longest zone that `name` is in, and where it starts there.
    func zone(of name: Span<UInt8>) -> (zone: ExternalZone, start: Int)? {
        for zone in zones {
            if let start = suffixStart(of: name, under: zone.name.wire.span) { return (zone, start) }
        }
        return nil
    }

    // MARK: The zone

    /// Writes the SOA record of the zone that starts at `start` of the question.
    ///
    /// Source: RFC 1035 §3.3.13, RFC 2308 §3.
    func writeAuthority(
        _ zone: ExternalZone, at start: Int, serial: UInt32, into reply: MessageWriter, section: Section
    ) {
        reply.section = section
        let owner = Self.questionOffset + start
        let record = reply.beginRecord(ownerAt: owner, type: .SOA, ttl: ttl)
        for labels in [zone.primary, zone.mailbox] {
            reply.append(labels.span)
            reply.appendPointer(to: owner)
        }
        reply.append(serial)
        for timer in [7_200, 1_800, 86_400] as [UInt32] { reply.append(timer) }
        reply.append(ttl)
        reply.endRecord(record)
    }

    /// Writes the NS record of the zone, and the addresses of its name server.
    func writeNameServer(
        _ zone: ExternalZone, at start: Int, _ addresses: AddressList, into reply: MessageWriter
    ) {
        let owner = Self.questionOffset + start
        let record = reply.beginRecord(ownerAt: owner, type: .NS, ttl: ttl)
        let target = reply.count
        reply.append(zone.primary.span)
        reply.appendPointer(to: owner)
        reply.endRecord(record)
        reply.section = .additional
        for number in 0..<addresses.count where !reply.isFull { write(addresses, number, owner: target, into: reply) }
    }

    /// The addresses that the server is reached at: those from outside of the services that it is an endpoint of, else its own.
    func serverAddresses(_ snapshot: ClusterSnapshot, _ local: [IPAddress]) -> AddressList {
        var found: [IPAddress] = []
        var isEndpoint = false
        for address in local {
            for view in snapshot.services(at: address) {
                guard let endpoints = view.endpoints, endpoints.addresses.number(of: address) != nil else { continue }
                isEndpoint = true
                guard let facts = view.facts else { continue }
                let isHeadless = servesHeadless && facts.kind == .headless
                found += (isHeadless ? endpoints.addresses : facts.externalAddresses).addresses
                guard found.count < Self.serverAddressLimit else { break }
            }
        }
        return AddressList(isEndpoint ? Array(found.prefix(Self.serverAddressLimit)) : local)
    }

    // MARK: Addresses

    /// Writes the addresses of the family asked for, owned by the question's name; false when there are none.
    func write(_ addresses: AddressList, _ type: RecordType, into reply: MessageWriter) -> Bool {
        let numbers = type == .A ? 0..<addresses.v4Count : addresses.v4Count..<addresses.count
        for number in numbers {
            if reply.isFull { break }
            write(addresses, number, owner: Self.questionOffset, into: reply)
        }
        return !numbers.isEmpty
    }

    /// Writes the addresses of the family asked for of `items`, each once; false when there are none.
    func write(
        _ items: [EndpointTable.Item], of endpoints: EndpointTable, _ type: RecordType, into reply: MessageWriter
    ) -> Bool {
        var last: UInt32?
        for item in items where item.address != last {
            if reply.isFull { break }
            guard endpoints.addresses.isIPv4(Int(item.address)) == (type == .A) else { continue }
            last = item.address
            write(endpoints.addresses, Int(item.address), owner: Self.questionOffset, into: reply)
        }
        return last != nil
    }

    /// Writes one address with the owner that stands at `owner` of the reply.
    func write(_ addresses: AddressList, _ number: Int, owner: Int, into reply: MessageWriter) {
        reply.appendRecord(
            ownerAt: owner, type: addresses.isIPv4(number) ? .A : .AAAA, ttl: ttl,
            data: addresses.octets.span.extracting(addresses.range(number)))
    }

    /// Writes a PTR record for each service with `address` that is shown; false when there are none.
    func writePointers(_ address: IPAddress, _ snapshot: ClusterSnapshot, into reply: MessageWriter) -> Bool {
        var isEmpty = true
        for view in snapshot.externalServices(at: address) where isShown(view, snapshot) {
            let name = view.wire + primaryZone.wire
            guard name.count <= maximumNameLength else { continue }
            let record = reply.beginRecord(ownerAt: Self.questionOffset, type: .PTR, ttl: ttl)
            reply.append(name.span)
            reply.endRecord(record)
            isEmpty = false
        }
        return !isEmpty
    }

    /// Whether a namespace exists matters only where some are not shown, as in CoreDNS.
    private func isShown(_ view: ServiceView, _ snapshot: ClusterSnapshot) -> Bool {
        guard policy.namespaces != nil else { return true }
        let namespace = view.namespace
        return policy.shows(namespace.span, 0..<namespace.count) && snapshot.namespaces.find(namespace) != nil
    }

    /// Writes an alias to the host name of a load balancer.
    func writeAlias(to target: Name, into reply: MessageWriter) {
        let record = reply.beginRecord(ownerAt: Self.questionOffset, type: .CNAME, ttl: policy.ttl)
        reply.append(name: target.wire.span)
        reply.endRecord(record)
    }
}
