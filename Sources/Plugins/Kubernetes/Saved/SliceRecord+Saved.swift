import DNSWire

extension SliceRecord {
    func encode(into encoder: inout StateEncoder) {
        encoder.write(service)
        encoder.write(ports.octets)
        encoder.write(endpoints)
        encoder.write(groups)
        encoder.write(UInt8(isImported ? 1 : 0))
    }

    /// - Throws: `malformed` when one of the parts is not what ``SliceRecord`` makes.
    convenience init(from decoder: inout StateDecoder) throws(StateFileError) {
        let service = try decoder.readLabels(2)
        let ports = try PortTable(from: &decoder)
        let endpoints = try decoder.readOctets()
        let groups = try decoder.readOctets()
        let isImported = try decoder.read(UInt8.self) != 0
        self.init(service: service, ports: ports, endpoints: endpoints, groups: groups, isImported: isImported)
        guard let count = Self.groupCount(groups), isWellFormed(groupCount: count) else { throw decoder.malformed }
    }

    /// Whether the packed endpoints can be read to their end, and name labels and groups that can be.
    private func isWellFormed(groupCount: Int) -> Bool {
        var offset = 0
        while let endpoint = packed(at: offset) {
            guard endpoint.label.isEmpty || (2...64).contains(endpoint.label.count) else { return false }
            guard endpoint.group.map({ $0 < groupCount }) ?? true else { return false }
            offset = endpoint.range.upperBound
        }
        return offset == endpoints.count
    }

    /// How many names `groups` has; nil when it is no row of names.
    private static func groupCount(_ groups: ContiguousArray<UInt8>) -> Int? {
        var count = 0
        var start = 0
        var offset = 0
        while offset < groups.count {
            let length = Int(groups[offset])
            guard length <= 63, offset - start < maximumNameLength else { return nil }
            offset += 1 + length
            guard length == 0 else { continue }
            guard offset - start > 1 else { return nil }
            count += 1
            start = offset
        }
        return offset == groups.count && start == offset ? count : nil
    }
}

extension PortTable {
    /// - Throws: `malformed` when it is no row of ports.
    init(from decoder: inout StateDecoder) throws(StateFileError) {
        guard let table = PortTable(octets: try decoder.readOctets()) else { throw decoder.malformed }
        self = table
    }
}
