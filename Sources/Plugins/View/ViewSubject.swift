import Basics
import Corefile
import DNSServer
import DNSWire
import Expressions

/// What expressions about a query may call.
///
/// *Source*: CoreDNS's package `expression`, of which the names, types and forms are.
final class ViewSubject: ExpressionSubject {
    /// A function without arguments.
    private struct Property {
        let name: String
        let type: ExpressionType
        let value: (Query) -> ExpressionValue
    }

    private static var properties: [Property] {
        [
            Property(name: "bufsize", type: .int) { .int($0.askerLimit) },
            Property(name: "class", type: .string) { .string($0.recordClass.description) },
            Property(name: "client_ip", type: .string) { .string($0.client.host) },
            Property(name: "do", type: .bool) { .bool($0.dnssecOK) },
            Property(name: "id", type: .int) { .int(Int($0.header.id)) },
            Property(name: "name", type: .string) { .string($0.ownedName.description) },
            Property(name: "opcode", type: .int) { .int(Int($0.header.flags.opcode.rawValue)) },
            Property(name: "port", type: .string) { .string(String($0.client.port)) },
            Property(name: "proto", type: .string) { .string($0.transport == .tcp ? "tcp" : "udp") },
            Property(name: "server_ip", type: .string) { .string($0.server.host) },
            Property(name: "server_port", type: .string) { .string(String($0.server.port)) },
            Property(name: "size", type: .int) { .int($0.message.count) },
            Property(name: "type", type: .string) { .string($0.type.description) },
        ]
    }

    /// `incidr(ADDRESS, NETWORK)` and `metadata(LABEL)`, and then the ``properties``.
    static let functions: [ExpressionFunction] =
        [
            ExpressionFunction("incidr", [.string, .string], .bool, prepare: prepareNetwork),
            ExpressionFunction("metadata", [.string], .string),
        ] + properties.map { ExpressionFunction($0.name, [], $0.type) }

    /// A network that was read with the expression.
    private final class Network: Sendable {
        let prefix: IPPrefix

        init(_ prefix: IPPrefix) { self.prefix = prefix }
    }

    /// The query that is asked about now.
    var query: Query?
    private let collector: (any MetadataCollector)?
    private let properties = ViewSubject.properties

    /// - Parameter collector: what has the values of `metadata`; nil where the block has none.
    init(_ collector: (any MetadataCollector)?) {
        self.collector = collector
    }

    var wallClock: Int { Int(clamping: SystemClock.wall) }

    func value(of index: Int, _ arguments: [ExpressionValue]) throws(ExpressionFailure) -> ExpressionValue {
        guard let query else { return .null }
        switch index {
        case 0: return .bool(try isInNetwork(arguments))
        case 1:
            guard case .string(let label)? = arguments.first else { throw .wrongType }
            return .string(collector?.metadata(label, for: query) ?? "")
        default: return properties[index - 2].value(query)
        }
    }

    private func isInNetwork(_ arguments: [ExpressionValue]) throws(ExpressionFailure) -> Bool {
        guard arguments.count == 2, case .string(let text) = arguments[0] else { throw .wrongType }
        guard let address = IPAddress(text) else { throw .unreadable }
        switch arguments[1] {
        case .prepared(let network as Network): return network.prefix.contains(address)
        case .string(let text):
            guard let network = IPPrefix(text) else { throw .unreadable }
            return network.contains(address)
        default: throw .wrongType
        }
    }

    /// Reads the network beforehand where it is a constant.
    private static func prepareNetwork(
        _ argument: Int, _ value: ExpressionValue
    ) throws(ExpressionFunction.BadArgument) -> ExpressionValue? {
        guard argument == 1, case .string(let text) = value else { return nil }
        guard let prefix = IPPrefix(text) else {
            throw ExpressionFunction.BadArgument("invalid CIDR address: \(text)")
        }
        return .prepared(Network(prefix))
    }
}
