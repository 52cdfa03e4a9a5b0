package import Basics

/// A Service (`v1`), trimmed.
package struct Service: KubernetesResource {
    /// How the service is reached.
    package enum Kind: UInt8, Sendable, Hashable {
        case clusterIP
        case nodePort
        case loadBalancer
        case externalName
    }

    /// One port of the service.
    package struct Port: Sendable, Hashable {
        /// The port's name; empty when it has none.
        package var name: String
        /// The port's number.
        package var number: UInt16
        /// The port's transport.
        package var transport: TransportProtocol

        /// Creates a port.
        package init(name: String = "", number: UInt16, transport: TransportProtocol = .tcp) {
            self.name = name
            self.number = number
            self.transport = transport
        }
    }

    package static let endpoint = ResourceEndpoint(groupPath: "/api/v1", plural: "services", isNamespaced: true)
    package static let encodings = ResourceEncodings.protobuf(json: jsonParts, Self.init(_:_:))

    package var metadata: ObjectMetadata
    /// How the service is reached.
    ///
    /// An unknown or missing type is `clusterIP`, the API's default.
    package var kind: Kind
    /// Whether the cluster address is the word `None`.
    package var isHeadless: Bool
    /// The cluster addresses, at most one of each family; empty when headless.
    package var clusterIPs: [IPAddress]
    /// The name an `externalName` service stands for, as written; empty otherwise.
    package var externalName: String
    /// The ports, in the order of the object.
    package var ports: [Port]
    /// `spec.externalIPs`.
    package var externalIPs: [IPAddress]
    /// The addresses of the load balancer (`status.loadBalancer.ingress[].ip`).
    package var loadBalancerIPs: [IPAddress]
    /// The host names of the load balancer (`status.loadBalancer.ingress[].hostname`).
    package var loadBalancerHostnames: [String]
    package var malformedAddressCount: Int

    /// Creates a service.
    package init(
        metadata: ObjectMetadata, kind: Kind = .clusterIP, isHeadless: Bool = false, clusterIPs: [IPAddress] = [],
        externalName: String = "", ports: [Port] = [], externalIPs: [IPAddress] = [], loadBalancerIPs: [IPAddress] = [],
        loadBalancerHostnames: [String] = [], malformedAddressCount: Int = 0
    ) {
        self.metadata = metadata
        self.kind = kind
        self.isHeadless = isHeadless
        self.clusterIPs = clusterIPs
        self.externalName = externalName
        self.ports = ports
        self.externalIPs = externalIPs
        self.loadBalancerIPs = loadBalancerIPs
        self.loadBalancerHostnames = loadBalancerHostnames
        self.malformedAddressCount = malformedAddressCount
    }
}

/// The transport of a port.
package enum TransportProtocol: UInt8, Sendable, Hashable {
    case tcp
    case udp
    case sctp

    /// Reads the API's spelling in any case; nothing at all means TCP, the API's default.
    package init?(spelling: String?) {
        switch spelling?.uppercased() {
        case nil, "", "TCP": self = .tcp
        case "UDP": self = .udp
        case "SCTP": self = .sctp
        default: return nil
        }
    }

    /// The transport in lower case, as it is written in DNS labels without the underscore.
    package var label: String {
        switch self {
        case .tcp: "tcp"
        case .udp: "udp"
        case .sctp: "sctp"
        }
    }
}
