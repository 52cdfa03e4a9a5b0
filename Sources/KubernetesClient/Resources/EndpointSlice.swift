package import Basics

/// An EndpointSlice (`discovery.k8s.io/v1`), trimmed.
package struct EndpointSlice: KubernetesResource {
    /// What kind of addresses a slice holds.
    package enum AddressType: UInt8, Sendable, Hashable {
        case ipv4
        case ipv6
        /// Names or a type that is not known. Such a slice has no address here.
        case other
    }

    /// One backend of the service.
    package struct Endpoint: Sendable, Hashable {
        /// The backend's addresses.
        package var addresses: [IPAddress]
        /// The backend's host name, a DNS label; empty when it has none.
        package var hostname: String
        /// The name of the object behind the address; empty when none is named, or ``ObjectDetails/targets``
        /// are not kept.
        package var targetName: String
        /// The zone the backend runs in; empty when not known, or ``ObjectDetails/zones`` are not kept.
        package var zone: String
        /// Whether the backend takes traffic; an unknown state counts as ready.
        package var isReady: Bool

        /// Creates an endpoint.
        package init(
            addresses: [IPAddress], hostname: String = "", targetName: String = "", zone: String = "",
            isReady: Bool = true
        ) {
            self.addresses = addresses
            self.hostname = hostname
            self.targetName = targetName
            self.zone = zone
            self.isReady = isReady
        }
    }

    /// One port of the backends.
    package struct Port: Sendable, Hashable {
        /// The port's name; empty when it has none.
        package var name: String
        /// The port's number; `nil` when the slice leaves it open.
        package var number: UInt16?
        /// The port's transport.
        package var transport: TransportProtocol

        /// Creates a port.
        package init(name: String = "", number: UInt16?, transport: TransportProtocol = .tcp) {
            self.name = name
            self.number = number
            self.transport = transport
        }
    }

    package static let endpoint = ResourceEndpoint(
        groupPath: "/apis/discovery.k8s.io/v1", plural: "endpointslices", isNamespaced: true)
    package static let encodings = ResourceEncodings.protobuf(json: jsonParts, Self.init(_:_:))

    package var metadata: ObjectMetadata
    /// The service the slice belongs to (label `kubernetes.io/service-name`); empty when it belongs to none.
    package var serviceName: String
    /// The service of several clusters the slice belongs to (label `multicluster.kubernetes.io/service-name`); empty when it
    /// belongs to none.
    package var importedService: String
    /// The cluster the backends are in (label `multicluster.kubernetes.io/source-cluster`); empty when none is named.
    package var sourceCluster: String
    /// What kind of addresses the slice holds.
    package var addressType: AddressType
    /// The backends, in the order of the object.
    package var endpoints: [Endpoint]
    /// The ports, in the order of the object.
    package var ports: [Port]
    /// When the change that led to this state of the slice happened
    /// (annotation `endpoints.kubernetes.io/last-change-trigger-time`).
    ///
    /// Units: nanoseconds since 1970, UTC.
    package var lastChangeTriggerTime: Int64?
    package var malformedAddressCount: Int

    /// Creates a slice.
    package init(
        metadata: ObjectMetadata, serviceName: String, importedService: String = "", sourceCluster: String = "",
        addressType: AddressType = .ipv4, endpoints: [Endpoint] = [], ports: [Port] = [],
        lastChangeTriggerTime: Int64? = nil, malformedAddressCount: Int = 0
    ) {
        self.metadata = metadata
        self.serviceName = serviceName
        self.importedService = importedService
        self.sourceCluster = sourceCluster
        self.addressType = addressType
        self.endpoints = endpoints
        self.ports = ports
        self.lastChangeTriggerTime = lastChangeTriggerTime
        self.malformedAddressCount = malformedAddressCount
    }
}
