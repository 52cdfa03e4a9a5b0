import DNSWire

extension ClusterResponder {
    /// Writes SRV records for the ports of a service with cluster addresses, and the addresses of their one target.
    ///
    /// Every address and port counts for the weight, also those that make the same record. Source: RFC 2782.
    func writeServices(
        _ question: ClusterQuestion, _ view: ServiceView, _ facts: ServiceFacts, _ filter: PortFilter,
        into reply: MessageWriter
    ) -> ClusterAnswer {
        var targets = takeTargets()
        defer { keepTargets(&targets) }
        let count = facts.ports.count(filter, question.name) &* facts.addresses.count
        guard count > 0 else { return .noData }
        var port = facts.ports.next(after: nil, filter, question.name)
        while let found = port, !reply.header.flags.isTruncated {
            if let number = found.number, Self.isFirst(number, among: targets[...], in: reply) {
                let record = beginService(number, among: count, into: reply)
                targets.append(reply.count)
                appendName(of: view, question, to: reply)
                reply.endRecord(record)
            }
            port = facts.ports.next(after: found, filter, question.name)
        }
        guard let target = targets.first else { return .noData }
        reply.section = .additional
        for number in 0..<facts.addresses.count {
            appendAddress(facts.addresses, number, owner: target, into: reply)
        }
        return .records
    }

    /// Whether no SRV record with one of the targets has `port`; the ports stand in front of the targets.
    ///
    /// A target behind the end belongs to a record that did not fit.
    private static func isFirst(
        _ port: UInt16, among targets: ArraySlice<Int>, in reply: MessageWriter
    ) -> Bool {
        !targets.contains { $0 < reply.count && reply.bytes.uint16(at: $0 &- 2) == port }
    }

    /// Writes SRV records for the endpoints meant, and the addresses of their targets.
    func writeServices(
        _ question: ClusterQuestion, _ view: ServiceView, _ endpoints: EndpointTable,
        _ selection: EndpointSelection, into reply: MessageWriter
    ) -> ClusterAnswer {
        var targets = takeTargets()
        defer { keepTargets(&targets) }
        let filter = if case .ports(let filter) = selection { filter } else { PortFilter.all }
        let places = if case .places(let places) = selection { places } else { 0..<endpoints.indexCount }
        let counts = MatchCounts(endpoints, filter, question.name)
        var count = 0
        for place in places { count &+= counts[endpoints.indexedItem(place)] }
        var place = places.lowerBound
        // What does not fit into the longest message need not be thought about.
        while place < places.upperBound, !reply.header.flags.isTruncated {
            let end = min(endpoints.endOfGroup(at: place), places.upperBound)
            writeGroup(question, view, endpoints, place..<end, filter, among: count, &targets, into: reply)
            place = end
        }
        guard targets.contains(where: { $0 > 0 }) else { return .noData }
        if !reply.header.flags.isTruncated {
            writeTargets(endpoints, places, counts, targets, view, question, into: reply)
        }
        return .records
    }

    /// Writes the SRV records of the endpoints of one name, a port once, and adds where their target stands, or 0.
    private func writeGroup(
        _ question: ClusterQuestion, _ view: ServiceView, _ endpoints: EndpointTable, _ group: Range<Int>,
        _ filter: PortFilter, among count: Int, _ targets: inout ContiguousArray<Int>, into reply: MessageWriter
    ) {
        let names = endpoints.names
        let label = endpoints.labelRange(endpoints.indexedItem(group.lowerBound))
        let first = targets.count
        for place in group {
            let ports = endpoints.portTables[Int(endpoints.indexedItem(place).ports)]
            var port = ports.next(after: nil, filter, question.name)
            while let found = port {
                if let number = found.number, Self.isFirst(number, among: targets[first...], in: reply) {
                    let record = beginService(number, among: count, into: reply)
                    targets.append(reply.count)
                    reply.append(names.span, label)
                    appendName(of: view, question, to: reply)
                    reply.endRecord(record)
                }
                port = ports.next(after: found, filter, question.name)
            }
        }
        // One target a name is enough for the addresses.
        if targets.count == first { targets.append(0) }
        targets.removeSubrange((first + 1)...)
    }

    /// Writes the addresses of the endpoints of each name, an address once.
    private func writeTargets(
        _ endpoints: EndpointTable, _ places: Range<Int>, _ counts: MatchCounts, _ targets: ContiguousArray<Int>,
        _ view: ServiceView, _ question: ClusterQuestion, into reply: MessageWriter
    ) {
        reply.section = .additional
        var place = places.lowerBound
        var group = 0
        while place < places.upperBound {
            let end = min(endpoints.endOfGroup(at: place), places.upperBound)
            let target = targets[group]
            var last: UInt32?
            for place in place..<end where target > 0 {
                let item = endpoints.indexedItem(place)
                guard item.address != last, counts.hasNumber(item) else { continue }
                last = item.address
                if target < 0x4000 {
                    appendAddress(endpoints.addresses, Int(item.address), owner: target, into: reply)
                } else {
                    appendAddress(endpoints, item, view, question, into: reply)
                }
            }
            place = end
            group &+= 1
        }
    }

    /// An empty list with room.
    private func takeTargets() -> ContiguousArray<Int> {
        var targets: ContiguousArray<Int> = []
        swap(&targets, &self.targets)
        targets.removeAll(keepingCapacity: true)
        return targets
    }

    /// Keeps a list's room for the next question, unless it has grown out of all proportion.
    private func keepTargets(_ targets: inout ContiguousArray<Int>) {
        if targets.capacity <= 4_096 { swap(&targets, &self.targets) }
    }

    private func beginService(_ port: UInt16, among count: Int, into reply: MessageWriter) -> MessageWriter.OpenRecord {
        let record = reply.beginRecord(ownerAt: Self.questionOffset, type: .SRV, ttl: policy.ttl)
        reply.append(UInt16(0))
        reply.append(UInt16(truncatingIfNeeded: max(1, 100 / count)))
        reply.append(port)
        return record
    }

    /// Appends a service's whole name, the zone as it was asked for.
    ///
    /// The target of an SRV record is not compressed (RFC 2782).
    private func appendName(of view: ServiceView, _ question: ClusterQuestion, to reply: MessageWriter) {
        let (labels, service) = (view.wire, Self.serviceLabel)
        reply.append(labels.span)
        reply.append(service.span)
        reply.append(question.asked, question.zoneStart..<question.asked.count)
    }

    static let serviceLabel = ContiguousArray("\u{3}svc".utf8)

    private func appendAddress(_ addresses: AddressList, _ number: Int, owner: Int, into reply: MessageWriter) {
        reply.appendRecord(
            ownerAt: owner, type: addresses.isIPv4(number) ? .A : .AAAA, ttl: policy.ttl,
            data: addresses.octets.span.extracting(addresses.range(number)))
    }

    /// The same for a target that stands too far back in the message for a pointer.
    private func appendAddress(
        _ endpoints: EndpointTable, _ item: EndpointTable.Item, _ view: ServiceView,
        _ question: ClusterQuestion, into reply: MessageWriter
    ) {
        var name = ContiguousArray(endpoints.label(item)) + view.wire + Self.serviceLabel
        for index in question.zoneStart..<question.asked.count { name.append(question.asked[index]) }
        let number = Int(item.address)
        let record = reply.beginRecord(
            owner: name.span, type: endpoints.addresses.isIPv4(number) ? .A : .AAAA, ttl: policy.ttl)
        let octets = endpoints.addresses.octets
        reply.append(octets.span, endpoints.addresses.range(number))
        reply.endRecord(record)
    }
}

/// How many ports of each of a table's port lists are meant.
private struct MatchCounts {
    private var counts: ContiguousArray<Int> = []
    private var numbered: ContiguousArray<Bool> = []

    init(_ endpoints: EndpointTable, _ filter: PortFilter, _ question: Span<UInt8>) {
        for ports in endpoints.portTables {
            var count = 0
            var hasNumber = false
            var port = ports.next(after: nil, filter, question)
            while let found = port {
                count &+= 1
                hasNumber = hasNumber || found.number != nil
                port = ports.next(after: found, filter, question)
            }
            counts.append(count)
            numbered.append(hasNumber)
        }
    }

    subscript(item: EndpointTable.Item) -> Int { counts[Int(item.ports)] }

    /// Whether one of the ports meant has a number, so that there is an SRV record.
    func hasNumber(_ item: EndpointTable.Item) -> Bool { numbered[Int(item.ports)] }
}
