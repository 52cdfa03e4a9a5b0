import Basics
import DNSWire
import KubernetesClient

/// What a Service object says, as far as answers need it.
final class ServiceFacts: Sendable, Equatable {
    /// How the service is answered for.
    enum Kind: UInt8, Sendable {
        /// By its cluster addresses.
        case clusterIP
        /// By the addresses of its endpoints.
        case headless
        /// By an alias to another name.
        case external
    }

    let kind: Kind
    /// The cluster addresses; empty unless the kind is `clusterIP`.
    let addresses: AddressList
    let ports: PortTable
    /// What an `external` service stands for; nil when that is no name: an IP address, or nothing.
    let target: Name?
    /// Where it is reached from outside of the cluster; nil for most.
    let external: ExternalFacts?

    /// The addresses it is reached at from outside of the cluster.
    var externalAddresses: AddressList { external?.addresses ?? AddressList() }

    init(_ service: Service) {
        ports = PortTable(service.ports)
        external = ExternalFacts(service)
        switch service.kind {
        case .externalName:
            kind = .external
            addresses = AddressList()
            target = Self.target(service.externalName)
        default:
            kind = service.isHeadless ? .headless : .clusterIP
            addresses = AddressList(service.clusterIPs)
            target = nil
        }
    }

    /// Takes what is said of a service of several clusters.
    convenience init(_ service: ServiceImport) {
        let kind: Kind = service.kind == .headless ? .headless : .clusterIP
        self.init(
            kind: kind, addresses: AddressList(kind == .headless ? [] : service.addresses),
            ports: PortTable(service.ports), target: nil, external: nil)
    }

    /// Takes what is known.
    init(kind: Kind, addresses: AddressList, ports: PortTable, target: Name?, external: ExternalFacts?) {
        self.kind = kind
        self.addresses = addresses
        self.ports = ports
        self.target = target
        self.external = external
    }

    private static func target(_ text: String) -> Name? {
        guard !text.isEmpty, IPAddress(text) == nil, let name = try? Name(parsing: text), !name.isRoot else {
            return nil
        }
        return name
    }

    static func == (left: ServiceFacts, right: ServiceFacts) -> Bool {
        left.kind == right.kind && left.addresses == right.addresses && left.ports == right.ports
            && left.target?.wire == right.target?.wire && left.external == right.external
    }
}
