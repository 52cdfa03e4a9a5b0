import DNSWire
import KubernetesClient

/// The ports of a service or of a slice.
///
/// Shape: for each port one octet of transport (0 TCP, 1 UDP, 2 SCTP, 3 none; plus 128 for a port without a number), two of
/// number, one of the name's length, and the name in lower case. An object without ports has one entry that stands for it: no
/// name, no transport, no number.
struct PortTable: Sendable, Hashable {
    private(set) var octets: ContiguousArray<UInt8> = []
    /// How many ports there are.
    private(set) var count = 0
    /// The numbers of all ports, each once, as they come first.
    private(set) var numbers: ContiguousArray<UInt16> = []

    private static let numberless: UInt8 = 0x80
    private static let noTransport: UInt8 = 3

    /// One port as it stands in the table.
    struct Port {
        /// The number; nil when the port has none and no SRV record can name it.
        let number: UInt16?
        fileprivate let transport: UInt8
        fileprivate let name: Range<Int>
        fileprivate let end: Int
    }

    init(_ ports: [Service.Port]) {
        for port in ports { append(port.name, port.number, port.transport.rawValue) }
        if ports.isEmpty { append("", nil, Self.noTransport) }
        countPorts()
    }

    init(_ ports: [EndpointSlice.Port]) {
        for port in ports { append(port.name, port.number, port.transport.rawValue) }
        if ports.isEmpty { append("", nil, Self.noTransport) }
        countPorts()
    }

    /// Takes the octets of a table; nil when they are none.
    init?(octets: ContiguousArray<UInt8>) {
        self.octets = octets
        var offset = 0
        while offset + 4 <= octets.count {
            guard octets[offset + 3] <= 63 else { return nil }
            offset += 4 + Int(octets[offset + 3])
        }
        guard offset == octets.count, offset > 0 else { return nil }
        countPorts()
    }

    /// What questions for all ports need, found out once: a table can have thousands, and as many endpoints.
    private mutating func countPorts() {
        var seen: Set<UInt16> = []
        var port = port(at: 0)
        while let found = port {
            count += 1
            if let number = found.number, number != numbers.last {
                // Few have more than one.
                if seen.isEmpty, let first = numbers.last { seen.insert(first) }
                if numbers.isEmpty || seen.insert(number).inserted { numbers.append(number) }
            }
            port = self.port(at: found.end)
        }
    }

    static func == (left: PortTable, right: PortTable) -> Bool { left.octets == right.octets }

    func hash(into hasher: inout Hasher) { hasher.combine(octets) }

    private mutating func append(_ name: String, _ number: UInt16?, _ transport: UInt8) {
        let number16 = number ?? 0
        octets.append(transport | (number == nil ? Self.numberless : 0))
        octets.append(UInt8(truncatingIfNeeded: number16 >> 8))
        octets.append(UInt8(truncatingIfNeeded: number16))
        // A longer name is no label, so that nobody can ask for it.
        let name = name.utf8.count > 63 ? "" : name
        octets.append(UInt8(truncatingIfNeeded: name.utf8.count))
        for octet in name.utf8 { octets.append(lowercased(octet)) }
    }

    /// The port that starts at `offset`, or nil at the end.
    private func port(at offset: Int) -> Port? {
        let octets = self.octets.span
        guard offset < octets.count else { return nil }
        let name = offset &+ 4..<offset &+ 4 &+ Int(octets[offset &+ 3])
        return Port(
            number: octets[offset] & Self.numberless == 0 ? octets.uint16(at: offset &+ 1) : nil,
            transport: octets[offset] & ~Self.numberless, name: name, end: name.upperBound)
    }

    /// The first port from `offset` on that `filter` lets through.
    func next(after previous: Port?, _ filter: PortFilter, _ question: Span<UInt8>) -> Port? {
        var offset = previous?.end ?? 0
        while let port = port(at: offset) {
            if matches(port, filter, question) { return port }
            offset = port.end
        }
        return nil
    }

    /// The ports that `filter` lets through.
    ///
    /// - Complexity: O(1) when those are all, else O(n) in the table's octets.
    func meant(by filter: PortFilter, _ question: Span<UInt8>) -> MeantPorts {
        guard filter.isActive else { return MeantPorts(portCount: count, numbers: numbers) }
        var meant = MeantPorts()
        var seen: Set<UInt16> = []
        var port = next(after: nil, filter, question)
        while let found = port {
            meant.portCount &+= 1
            if let number = found.number { meant.add(number, &seen) }
            port = next(after: found, filter, question)
        }
        return meant
    }

    private func matches(_ port: Port, _ filter: PortFilter, _ question: Span<UInt8>) -> Bool {
        guard filter.isActive else { return true }
        return matches(octets.span, port.name, filter.port, question)
            && matches(port.transport, filter.transport, question)
    }

    private func matches(
        _ octets: Span<UInt8>, _ name: Range<Int>, _ wanted: Range<Int>, _ question: Span<UInt8>
    ) -> Bool {
        guard !wanted.isEmpty else { return true }
        guard wanted.count == name.count else { return false }
        for index in 0..<name.count
        where octets[name.lowerBound &+ index] != question[wanted.lowerBound &+ index] { return false }
        return true
    }

    private func matches(_ transport: UInt8, _ wanted: Range<Int>, _ question: Span<UInt8>) -> Bool {
        guard !wanted.isEmpty else { return true }
        guard let label = TransportProtocol(rawValue: transport)?.label.utf8, label.count == wanted.count else {
            return false
        }
        return zip(label, wanted).allSatisfy { $0 == question[$1] }
    }
}

/// The labels `_port._transport` of a question, which ask for some of the ports.
///
/// Shape: where the labels' texts lie in the question's name, without the underscore, which may be left out. An empty text
/// means any.
struct PortFilter {
    let port: Range<Int>
    let transport: Range<Int>
    /// Whether the question has the two labels.
    let isActive: Bool

    /// Lets every port through.
    static let all = PortFilter(port: 0..<0, transport: 0..<0, isActive: false)

    private init(port: Range<Int>, transport: Range<Int>, isActive: Bool) {
        self.port = port
        self.transport = transport
        self.isActive = isActive
    }

    /// Reads the labels whose length octets stand at `port` and `transport` of `question`.
    init(_ question: Span<UInt8>, port: Int, transport: Int) {
        self.init(
            port: Self.text(question, port), transport: Self.text(question, transport), isActive: true)
    }

    private static func text(_ question: Span<UInt8>, _ label: Int) -> Range<Int> {
        let end = label &+ 1 &+ Int(question[label])
        return (question[label &+ 1] == UInt8(ascii: "_") ? label &+ 2 : label &+ 1)..<end
    }
}
