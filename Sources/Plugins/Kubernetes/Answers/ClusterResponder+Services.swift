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
        let meant = facts.ports.meant(by: filter, question.name)
        let count = meant.portCount &* facts.addresses.count
        guard count > 0 else { return .noData }
        let length = Self.serviceLength + nameLength(of: view, question)
        for number in meant {
            guard fits(length, reply) else {
                reply.header.flags.isTruncated = true
                return .records
            }
            let record = beginService(number, among: count, into: reply)
            targets.append(reply.count)
            appendName(of: view, question, to: reply)
            reply.endRecord(record)
        }
        guard let target = targets.first else { return .noData }
        guard !omitsTargets else { return .records }
        reply.section = .additional
        for number in 0..<facts.addresses.count {
            appendAddress(facts.addresses, number, [], target, into: reply)
        }
        return .records
    }

    /// The port tables that endpoints of one name have had so far; mostly they all have the same.
    private struct SeenTables {
        private var last: UInt16?
        private var all: Set<UInt16> = []

        /// - Returns: whether it is new.
        mutating func insert(_ table: UInt16) -> Bool {
            guard table != last else { return false }
            if let last, all.isEmpty { all.insert(last) }
            defer { last = table }
            return last == nil || all.insert(table).inserted
        }
    }

    /// Whether no SRV record with one of the targets has `port`; the ports stand in front of the targets.
    private static func isFirst(
        _ port: UInt16, among targets: ArraySlice<Int>, in reply: MessageWriter
    ) -> Bool {
        !targets.contains { reply.bytes.uint16(at: $0 &- 2) == port }
    }

    /// Writes SRV records for the endpoints meant, and the addresses of their targets; of the SRV records as many as fit, from a
    /// place of their own each time, when not all of them do.
    ///
    /// - Complexity: O(octets written) for all endpoints or those of one name, else O(n) in endpoints.
    func writeServices(
        _ question: ClusterQuestion, _ view: ServiceView, _ endpoints: EndpointTable,
        _ selection: EndpointSelection, into reply: MessageWriter
    ) -> ClusterAnswer {
        let meant = MeantServices(view, endpoints, selection, question.name)
        guard meant.hasRecord else { return .noData }
        var targets = takeTargets()
        defer { keepTargets(&targets) }
        let places = meant.places
        let start = reply.count
        if writeServices(question, meant, from: places.lowerBound, &targets, into: reply) {
            if !targets.contains(where: { $0 > 0 }) { return .noData }
            writeTargets(meant, targets, into: reply)
            return .records
        }
        reply.cut(at: start, answers: 0, authorities: 0, additionals: 0)
        targets.removeAll(keepingCapacity: true)
        let first = endpoints.startOfGroup(at: places.lowerBound &+ nextStart(among: places.count))
        _ = writeServices(question, meant, from: first, &targets, into: reply)
        reply.header.flags.isTruncated = true
        return .records
    }

    /// Writes from the place `first` on, all the way round, and adds for each name where its target stands, or 0.
    ///
    /// - Returns: whether all of them fitted.
    private func writeServices(
        _ question: ClusterQuestion, _ meant: MeantServices, from first: Int, _ targets: inout ContiguousArray<Int>,
        into reply: MessageWriter
    ) -> Bool {
        var place = first
        repeat {
            let end = min(meant.endpoints.endOfGroup(at: place), meant.places.upperBound)
            guard writeGroup(question, meant, place..<end, &targets, into: reply) else { return false }
            place = end == meant.places.upperBound ? meant.places.lowerBound : end
        } while place != first
        return true
    }

    /// Writes the SRV records of the endpoints of one name, a port once, and adds where their target stands, or 0.
    ///
    /// - Returns: whether all of them fitted.
    private func writeGroup(
        _ question: ClusterQuestion, _ meant: MeantServices, _ group: Range<Int>,
        _ targets: inout ContiguousArray<Int>, into reply: MessageWriter
    ) -> Bool {
        let (endpoints, names) = (meant.endpoints, meant.endpoints.names)
        let leader = endpoints.indexedItem(group.lowerBound)
        let (label, cluster) = (endpoints.labelRange(leader), endpoints.cluster(leader) ?? [])
        let nameLength = label.count + cluster.count + nameLength(of: meant.view, question)
        let first = targets.count
        var seen = SeenTables()
        // In a zone with a long name there can be endpoints that cannot be named.
        for place in nameLength <= maximumNameLength ? group : group.prefix(0) {
            let item = endpoints.indexedItem(place)
            guard meant.selection.contains(item), seen.insert(item.ports) else { continue }
            for number in meant.numbers(item) where Self.isFirst(number, among: targets[first...], in: reply) {
                guard fits(Self.serviceLength + nameLength, reply) else { return false }
                let record = beginService(number, among: meant.count, into: reply)
                targets.append(reply.count)
                reply.append(names.span, label)
                reply.append(cluster.span)
                appendName(of: meant.view, question, to: reply)
                reply.endRecord(record)
            }
        }
        // One target a name is enough for the addresses.
        if targets.count == first { targets.append(0) }
        targets.removeSubrange((first + 1)...)
        return true
    }

    /// Writes the addresses of the endpoints of each name, an address once, as long as they fit.
    private func writeTargets(
        _ meant: MeantServices, _ targets: ContiguousArray<Int>, into reply: MessageWriter
    ) {
        guard !omitsTargets else { return }
        let endpoints = meant.endpoints
        reply.section = .additional
        var place = meant.places.lowerBound
        // What all targets end with, where it stands first: later ones can stand too far back for a pointer.
        var base: Int?
        for target in targets {
            let group = place..<min(endpoints.endOfGroup(at: place), meant.places.upperBound)
            place = group.upperBound
            guard target > 0 else { continue }
            if target < Self.pointerLimit {
                base = base ?? target &+ Self.labels(endpoints, group).count
                guard writeTarget(meant, group, [], target, into: reply) else { return }
            } else {
                let labels = Self.labels(endpoints, group)
                guard writeTarget(meant, group, labels, base ?? Self.questionOffset, into: reply) else { return }
            }
        }
    }

    /// What the endpoints of one name have in front of their service's name.
    private static func labels(_ endpoints: EndpointTable, _ group: Range<Int>) -> ContiguousArray<UInt8> {
        let leader = endpoints.indexedItem(group.lowerBound)
        return ContiguousArray(endpoints.label(leader)) + (endpoints.cluster(leader) ?? [])
    }

    /// Writes the addresses of the endpoints of one name, whose owner is `labels` and what stands at `pointer`.
    ///
    /// - Returns: whether all of them fitted.
    private func writeTarget(
        _ meant: MeantServices, _ group: Range<Int>, _ labels: ContiguousArray<UInt8>, _ pointer: Int,
        into reply: MessageWriter
    ) -> Bool {
        var last: UInt32?
        for place in group {
            let item = meant.endpoints.indexedItem(place)
            guard item.address != last, meant.hasNumber(item) else { continue }
            last = item.address
            guard appendAddress(meant.endpoints.addresses, Int(item.address), labels, pointer, into: reply) else {
                return false
            }
        }
        return true
    }

    /// Writes an address record whose owner is some labels and a pointer, or sets TC when it does not fit.
    @discardableResult
    private func appendAddress(
        _ addresses: AddressList, _ number: Int, _ labels: ContiguousArray<UInt8>, _ pointer: Int,
        into reply: MessageWriter
    ) -> Bool {
        let range = addresses.range(number)
        guard fits(12 &+ labels.count &+ range.count, reply) else {
            reply.header.flags.isTruncated = true
            return false
        }
        let octets = addresses.octets
        let record = reply.beginRecord(
            prefix: labels.span, ownerAt: pointer, type: range.count == 4 ? .A : .AAAA,
            ttl: policy.ttl)
        reply.append(octets.span, range)
        reply.endRecord(record)
        return true
    }

    /// The first offset that no pointer leads to (RFC 1035 §4.1.4).
    private static let pointerLimit = 0x4000
    /// The octets of an SRV record in front of its target, the owner being a pointer.
    private static let serviceLength = 18

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

    private func nameLength(of view: ServiceView, _ question: ClusterQuestion) -> Int {
        view.wire.count &+ Self.serviceLabel.count &+ question.asked.count &- question.zoneStart
    }

    static let serviceLabel = ContiguousArray("\u{3}svc".utf8)
}
