import Basics

extension EndpointSlice {
    /// Reads a message; nothing when it is no such object.
    init?(_ message: ProtoEndpointSlice, _ context: DecodingContext) {
        guard let metadata = ObjectMetadata(message.metadata, context) else { return nil }
        let meta = message.metadata
        self.init(
            metadata: metadata, serviceName: meta.label("kubernetes.io/service-name") ?? "",
            importedService: meta.label("multicluster.kubernetes.io/service-name") ?? "",
            sourceCluster: context.strings.shared(meta.label("multicluster.kubernetes.io/source-cluster") ?? ""),
            addressType: AddressType(spelling: message.addressType), ports: message.ports.compactMap(Port.init),
            lastChangeTriggerTime: meta.annotation("endpoints.kubernetes.io/last-change-trigger-time")
                .flatMap { Timestamp.nanoseconds($0.utf8) })
        // The names of a slice of names are not addresses, so none of them counts as malformed.
        guard addressType != .other else { return }
        endpoints.reserveCapacity(message.endpoints.count)
        for endpoint in message.endpoints {
            let list = AddressList(endpoint.addresses)
            malformedAddressCount += list.malformedCount
            endpoints.append(Endpoint(endpoint, list.addresses, context))
        }
    }
}

extension EndpointSlice.Endpoint {
    fileprivate init(_ message: ProtoEndpoint, _ addresses: [IPAddress], _ context: DecodingContext) {
        self.init(
            addresses: addresses, hostname: message.hostname,
            targetName: context.details.contains(.targets)
                ? String(decoding: message.targetRef.name, as: UTF8.self) : "",
            zone: context.details.contains(.zones)
                ? context.strings.shared(String(decoding: message.zone, as: UTF8.self)) : "",
            isReady: message.conditions.hasReady ? message.conditions.ready : true)
    }
}

extension EndpointSlice.Port {
    /// A port as the API writes it; nothing when the number or the transport is none.
    fileprivate init?(_ message: ProtoEndpointPort) {
        guard let transport = TransportProtocol(spelling: message.protocol) else { return nil }
        guard message.hasPort else {
            self.init(name: message.name, number: nil, transport: transport)
            return
        }
        guard let number = UInt16(exactly: message.port) else { return nil }
        self.init(name: message.name, number: number, transport: transport)
    }
}
