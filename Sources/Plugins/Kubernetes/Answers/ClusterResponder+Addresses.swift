import Basics
import DNSWire
import KubernetesClient

extension ClusterResponder {
    /// The octets of an address record whose owner is a pointer.
    private static func recordLength(_ type: RecordType) -> Int { type == .A ? 16 : 28 }

    /// Writes the addresses of one family; as many as fit, from a place of their own each time, when not all of them do.
    ///
    /// - Complexity: O(records written).
    func writeAddresses(
        _ addresses: AddressList, _ type: RecordType, owner: Int = questionOffset, into reply: MessageWriter
    ) -> ClusterAnswer {
        let numbers = type == .A ? 0..<addresses.v4Count : addresses.v4Count..<addresses.count
        guard !numbers.isEmpty else { return .noData }
        var number = numbers.lowerBound
        var count = numbers.count
        if !fits(count &* Self.recordLength(type), reply) {
            reply.header.flags.isTruncated = true
            count = min(count, max(0, room &- reply.count) / Self.recordLength(type))
            number &+= nextStart(among: numbers.count)
        }
        let octets = addresses.octets.span
        for _ in 0..<count {
            reply.appendRecord(
                ownerAt: owner, type: type, ttl: policy.ttl, data: octets.extracting(addresses.range(number)))
            number &+= 1
            if number == numbers.upperBound { number = numbers.lowerBound }
        }
        return .records
    }

    /// Writes the A record of an address that is the only one.
    func writeAddress(_ address: UInt32, into reply: MessageWriter) -> ClusterAnswer {
        guard fits(Self.recordLength(.A), reply) else {
            reply.header.flags.isTruncated = true
            return .records
        }
        let record = reply.beginRecord(ownerAt: Self.questionOffset, type: .A, ttl: policy.ttl)
        reply.append(address)
        reply.endRecord(record)
        return .records
    }

    /// Writes the addresses of one family of the endpoints meant; as many as fit, from a place of their own each time, when not all
    /// of them do.
    ///
    /// - Complexity: O(records written) for all endpoints or those of one name, else O(n) in endpoints.
    func writeAddresses(
        _ question: ClusterQuestion, _ endpoints: EndpointTable, _ selection: EndpointSelection,
        _ type: RecordType, owner: Int = questionOffset, into reply: MessageWriter
    ) -> ClusterAnswer {
        if case .all = selection { return writeAddresses(endpoints.addresses, type, owner: owner, into: reply) }
        let walk = ItemWalk(endpoints, selection, question.name)
        let (start, answers) = (reply.count, reply.header.answerCount)
        if !writeAddresses(walk, endpoints, question.name, from: 0, type, owner, into: reply) {
            reply.cut(at: start, answers: Int(answers), authorities: 0, additionals: 0)
            let first = walk.startOfAddress(at: nextStart(among: walk.count), endpoints)
            _ = writeAddresses(walk, endpoints, question.name, from: first, type, owner, into: reply)
            reply.header.flags.isTruncated = true
            return .records
        }
        return reply.header.answerCount == answers ? .noData : .records
    }

    /// Writes from the place `first` on, all the way round.
    ///
    /// - Returns: whether all of them fitted.
    private func writeAddresses(
        _ walk: ItemWalk, _ endpoints: EndpointTable, _ name: Span<UInt8>, from first: Int, _ type: RecordType,
        _ owner: Int, into reply: MessageWriter
    ) -> Bool {
        let octets = endpoints.addresses.octets
        var last: UInt32?
        for step in 0..<walk.count {
            // Items are sorted by address, so that the same address twice comes one after the other.
            let place = first &+ step < walk.count ? first &+ step : first &+ step &- walk.count
            guard let item = walk.item(at: place, endpoints, name), item.address != last else { continue }
            let number = Int(item.address)
            guard endpoints.addresses.isIPv4(number) == (type == .A) else { continue }
            guard fits(Self.recordLength(type), reply) else { return false }
            last = item.address
            reply.appendRecord(
                ownerAt: owner, type: type, ttl: policy.ttl,
                data: octets.span.extracting(endpoints.addresses.range(number)))
        }
        return true
    }

    /// Writes one address if it is of the family asked for.
    func writeAddress(
        _ address: IPAddress, _ type: RecordType, owner: Int = questionOffset, into reply: MessageWriter
    ) -> ClusterAnswer {
        guard type == (address.isIPv4 ? .A : .AAAA) else { return .noData }
        let record = reply.beginRecord(ownerAt: owner, type: type, ttl: policy.ttl)
        for index in (address.isIPv4 ? 12 : 0)..<16 { reply.append(address.byte(at: index)) }
        reply.endRecord(record)
        return .records
    }
}

/// The endpoints that may be meant, in the order of their addresses.
private struct ItemWalk {
    private let selection: EndpointSelection
    /// For each port table, whether one of its ports is meant.
    private var hasPort: ContiguousArray<Bool> = []
    /// How many endpoints there are to look at.
    let count: Int

    init(_ endpoints: EndpointTable, _ selection: EndpointSelection, _ name: Span<UInt8>) {
        self.selection = selection
        switch selection {
        case .places(let places):
            count = places.count
        case .ports(let filter):
            count = endpoints.items.count
            for ports in endpoints.portTables { hasPort.append(ports.next(after: nil, filter, name) != nil) }
        default:
            count = endpoints.items.count
        }
    }

    /// The endpoint at a place; nil when it is not meant.
    func item(at place: Int, _ endpoints: EndpointTable, _ name: Span<UInt8>) -> EndpointTable.Item? {
        let item = candidate(at: place, endpoints)
        switch selection {
        case .all, .places: return item
        case .ports: return hasPort[Int(item.ports)] ? item : nil
        case .zone(let group): return item.group == group ? item : nil
        }
    }

    private func candidate(at place: Int, _ endpoints: EndpointTable) -> EndpointTable.Item {
        if case .places(let places) = selection { return endpoints.indexedItem(places.lowerBound &+ place) }
        return endpoints.items[place]
    }

    /// The first of the places around `place` that have the same address.
    func startOfAddress(at place: Int, _ endpoints: EndpointTable) -> Int {
        let address = candidate(at: place, endpoints).address
        var start = place
        while start > 0, candidate(at: start &- 1, endpoints).address == address { start &-= 1 }
        return start
    }
}
