import Basics
import DNSWire

extension ServiceFacts {
    func encode(into encoder: inout StateEncoder) {
        encoder.write(kind.rawValue)
        encoder.write(addresses)
        encoder.write(ports.octets)
        encoder.write(target?.wire ?? [])
        encoder.write(externalAddresses)
        let hostnames = external?.hostnames ?? []
        encoder.write(UInt32(truncatingIfNeeded: hostnames.count))
        for name in hostnames { encoder.write(name.wire) }
    }

    /// - Throws: `malformed` when one of the parts is not what ``ServiceFacts`` makes.
    convenience init(from decoder: inout StateDecoder) throws(StateFileError) {
        guard let kind = Kind(rawValue: try decoder.read(UInt8.self)) else { throw decoder.malformed }
        let addresses = try decoder.readAddressList()
        let ports = try PortTable(from: &decoder)
        let target = try decoder.readName()
        let external = try decoder.readAddressList()
        var hostnames: [Name] = []
        for _ in 0..<(try decoder.read(UInt32.self)) {
            guard let name = try decoder.readName() else { throw decoder.malformed }
            hostnames.append(name)
        }
        self.init(
            kind: kind, addresses: addresses, ports: ports, target: target,
            external: ExternalFacts(addresses: external, hostnames: hostnames))
    }
}

extension StateEncoder {
    fileprivate mutating func write(_ list: AddressList) {
        write(UInt32(truncatingIfNeeded: list.count))
        for number in 0..<list.count { write(list[number]) }
    }
}

extension StateDecoder {
    fileprivate mutating func readAddressList() throws(StateFileError) -> AddressList {
        var addresses: [IPAddress] = []
        for _ in 0..<(try read(UInt32.self)) { addresses.append(try readAddress()) }
        return AddressList(addresses)
    }

    /// Reads a name in wire form; nil for an empty one.
    fileprivate mutating func readName() throws(StateFileError) -> Name? {
        let wire = try readOctets(atMost: maximumNameLength)
        guard !wire.isEmpty else { return nil }
        var offset = 0
        while offset < wire.count, wire[offset] != 0 {
            guard wire[offset] <= 63 else { throw malformed }
            offset += 1 + Int(wire[offset])
        }
        guard offset == wire.count - 1, offset > 0 else { throw malformed }
        return Name(uncheckedWire: Array(wire))
    }
}
