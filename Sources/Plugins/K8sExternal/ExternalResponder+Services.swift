import DNSWire

extension ExternalResponder {
    /// Writes SRV records for the ports meant of a service, and the addresses of their target; false when no port has a number.
    ///
    /// The service's own name is the target of its addresses, each host name of its load balancer is one more. The addresses of
    /// host names are for the caller to add, in the section that the reply is left in. Every address or host name and port counts
    /// for the weight. Source: RFC 2782.
    func writeServices(
        _ question: ClusterQuestion, _ view: ServiceView, _ external: ExternalFacts, _ ports: PortTable,
        _ filter: PortFilter, into reply: MessageWriter
    ) -> Bool {
        let numbers = ports.meant(by: filter, question.name)
        let weight = Self.weight(numbers.portCount * (external.addresses.count + external.hostnames.count))
        guard !numbers.isEmpty else { return false }
        var target: Int?
        if !external.addresses.isEmpty {
            for number in numbers {
                let record = beginService(number, weight, into: reply)
                if target == nil { target = reply.count }
                appendName(of: view, question, to: reply)
                reply.endRecord(record)
            }
        }
        for hostname in external.hostnames {
            for number in numbers {
                let record = beginService(number, weight, into: reply)
                reply.append(hostname.wire.span)
                reply.endRecord(record)
            }
        }
        reply.section = .additional
        if let target {
            for number in 0..<external.addresses.count { write(external.addresses, number, owner: target, into: reply) }
        }
        return true
    }

    /// Writes SRV records for the ports meant of endpoints, and the addresses of their targets; false when no port has a number.
    func writeServices(
        _ question: ClusterQuestion, _ view: ServiceView, _ endpoints: EndpointTable, _ items: [EndpointTable.Item],
        _ filter: PortFilter, into reply: MessageWriter
    ) -> Bool {
        let ports = endpoints.portTables.map { $0.meant(by: filter, question.name) }
        let weight = Self.weight(items.reduce(0) { $0 + ports[Int($1.ports)].portCount })
        var targets: [ArraySlice<UInt8>: Target] = [:]
        let room = maximumNameLength - question.asked.count + question.label(fromZone: 1)
        for item in items where !reply.header.flags.isTruncated {
            let label = endpoints.label(item)
            guard label.count <= room else { continue }
            var target = targets[label] ?? Target()
            for number in ports[Int(item.ports)] where !target.ports.contains(number) {
                target.ports.append(number)
                let record = beginService(number, weight, into: reply)
                if target.offset == 0 { target.offset = reply.count }
                for octet in label { reply.append(octet) }
                appendName(of: view, question, to: reply)
                reply.endRecord(record)
            }
            targets[label] = target
        }
        reply.section = .additional
        var last: (address: UInt32, label: ArraySlice<UInt8>)?
        for item in items where !ports[Int(item.ports)].isEmpty && !reply.header.flags.isTruncated {
            let label = endpoints.label(item)
            if let last, last.address == item.address, last.label == label { continue }
            last = (item.address, label)
            // A pointer reaches no further.
            guard let owner = targets[label]?.offset, (1..<0x4000).contains(owner) else { continue }
            write(endpoints.addresses, Int(item.address), owner: owner, into: reply)
        }
        return targets.values.contains { $0.offset > 0 }
    }

    /// A target of SRV records: where it stands first, and the ports that have a record.
    private struct Target {
        var offset = 0
        var ports: [UInt16] = []
    }

    private static func weight(_ count: Int) -> UInt16 {
        UInt16(truncatingIfNeeded: max(1, 100 / max(1, count)))
    }

    private func beginService(_ port: UInt16, _ weight: UInt16, into reply: MessageWriter) -> MessageWriter.OpenRecord {
        let record = reply.beginRecord(ownerAt: Self.questionOffset, type: .SRV, ttl: policy.ttl)
        reply.append(UInt16(0))
        reply.append(weight)
        reply.append(port)
        return record
    }

    /// Appends a service's whole name, the zone as it was asked for.
    ///
    /// The target of an SRV record is not compressed (RFC 2782).
    private func appendName(of view: ServiceView, _ question: ClusterQuestion, to reply: MessageWriter) {
        let labels = view.wire
        reply.append(labels.span)
        reply.append(question.asked, question.zoneStart..<question.asked.count)
    }
}
