extension Service {
    /// Reads a message; nothing when it is no such object.
    init?(_ message: ProtoService, _ context: DecodingContext) {
        guard let metadata = ObjectMetadata(message.metadata, context) else { return nil }
        self.init(metadata: metadata)
        read(message.spec)
        read(message.status.loadBalancer.ingress)
    }

    private mutating func read(_ spec: ProtoServiceSpec) {
        kind = Kind(spelling: spec.type)
        externalName = spec.externalName
        let texts = spec.clusterIps.isEmpty ? [spec.clusterIp] : spec.clusterIps
        isHeadless = texts.contains("None")
        let cluster = AddressList(texts.filter { !$0.isEmpty && $0 != "None" })
        let external = AddressList(spec.externalIps)
        clusterIPs = cluster.addresses
        externalIPs = external.addresses
        malformedAddressCount += cluster.malformedCount + external.malformedCount
        ports = spec.ports.compactMap { port in
            Port(name: port.name, number: Int(port.port), transport: port.protocol)
        }
    }

    private mutating func read(_ ingress: [ProtoLoadBalancerIngress]) {
        let list = AddressList(ingress.map(\.ip).filter { !$0.isEmpty })
        loadBalancerIPs = list.addresses
        malformedAddressCount += list.malformedCount
        // An address makes the name beside it unneeded.
        loadBalancerHostnames = ingress.filter(\.ip.isEmpty).map(\.hostname).filter { !$0.isEmpty }
    }
}
