import DNSServer
import DNSWire

/// What is done to an EDNS option of a query before upstreams get to see it.
struct OptionRule: Sendable {
    enum Action: String, Sendable, CaseIterable {
        /// Adds the option, or gives one that is there other data.
        case set
        /// Adds the option, also beside one that is there.
        case append
        /// Gives an option that is there other data.
        case replace
        /// Takes the option out.
        case unset
    }

    /// What the option says.
    enum Content: Sendable {
        case octets([UInt8])
        case variable(OptionVariable)
        /// The asker's network (RFC 7871 §6), of so many bits.
        case subnet(ipv4Bits: Int, ipv6Bits: Int)
    }

    let code: EDNSOptionCode
    let action: Action
    let content: Content
    /// Whether the reply has the option as the asker's query had it.
    let reverts: Bool

    /// Changes the options of `query`.
    ///
    /// - Returns: whether the rule was for the query, and what is to be done to the reply then.
    func apply(to query: Query) -> [AnswerRule]? {
        if case .unset = action {
            return query.editOptions { options in options.removeAll { $0.code == code } }.map { [] }
        }
        guard let data = content.data(of: query) else { return nil }
        return query.editOptions { options in change(&options, data) } ?? nil
    }

    private func change(_ options: inout [EDNSOption], _ data: [UInt8]) -> [AnswerRule]? {
        if let index = options.firstIndex(where: { $0.code == code }), action != .append {
            let old = options[index].data
            options[index].data = data
            return reverts ? [.option(code, data: old)] : []
        }
        // A query has one network, and one value for a variable.
        let isThere = options.contains { $0.code == code }
        guard action != .replace, !(isThere && content.isSingle) else { return nil }
        options.append(EDNSOption(code, data))
        return reverts ? [.option(code, data: nil)] : []
    }
}

extension OptionRule.Content {
    /// Whether a second option beside one that is there would say another thing of the same.
    fileprivate var isSingle: Bool {
        if case .octets = self { return false }
        return true
    }

    /// The option's octets for `query`; nil when it has none.
    fileprivate func data(of query: Query) -> [UInt8]? {
        switch self {
        case .octets(let octets): octets
        case .variable(let variable): variable.value(of: query)
        case .subnet(let ipv4Bits, let ipv6Bits): Self.network(of: query.client, ipv4Bits, ipv6Bits)
        }
    }

    /// Family (2), source prefix length (1), scope (1), and as many octets of the address as have bits (RFC 7871 §6).
    private static func network(of client: SocketAddress, _ ipv4Bits: Int, _ ipv6Bits: Int) -> [UInt8]? {
        var octets = client.octets
        guard octets.count == 4 || octets.count == 16 else { return nil }
        let bits = octets.count == 4 ? ipv4Bits : ipv6Bits
        let family: UInt8 = octets.count == 4 ? 1 : 2
        octets = Array(octets.prefix((bits + 7) / 8))
        if bits % 8 != 0, let last = octets.indices.last { octets[last] &= 0xFF << UInt8(8 - bits % 8) }
        return [0, family, UInt8(bits), 0] + octets
    }
}

/// What an EDNS option can be told of a query, by the name that it has in the Corefile.
enum OptionVariable: Sendable, Equatable {
    case name, type, clientAddress, clientPort, transport, serverAddress, serverPort
    /// What another plugin notes under a label.
    case metadata(String)

    /// The word in braces; nil when there is no such variable.
    init?(_ word: String) {
        guard word.hasPrefix("{"), word.hasSuffix("}") else { return nil }
        let text = String(word.dropFirst().dropLast())
        switch text {
        case "qname": self = .name
        case "qtype": self = .type
        case "client_ip": self = .clientAddress
        case "client_port": self = .clientPort
        case "protocol": self = .transport
        case "server_ip": self = .serverAddress
        case "server_port": self = .serverPort
        default:
            // A label is PLUGIN/NAME.
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
            self = .metadata(text)
        }
    }

    /// The octets for `query`; nil when there are none.
    ///
    /// Names are text, numbers and addresses have the order of the network.
    fileprivate func value(of query: Query) -> [UInt8]? {
        let octets =
            switch self {
            case .name: Name.text(of: query.nameAsAsked)
            case .type: Self.octets(query.type.rawValue)
            case .clientAddress: query.client.octets
            case .clientPort: Self.octets(query.client.port)
            case .transport: Array((query.transport == .udp ? "udp" : "tcp").utf8)
            case .serverAddress: query.server.octets
            case .serverPort: Self.octets(query.server.port)
            case .metadata(let label): Array((query.metadata(label) ?? "").utf8)
            }
        return octets.isEmpty ? nil : octets
    }

    private static func octets(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xFF)] }
}
