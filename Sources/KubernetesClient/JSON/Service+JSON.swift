extension Service: Decodable {
    /// What is read of an object.
    static let jsonParts: JSONParts = [
        "metadata": .metadata(),
        "spec": [
            "type": .all, "clusterIP": .all, "clusterIPs": .all, "externalName": .all, "externalIPs": .all,
            "ports": ["name", "port", "protocol"],
        ],
        "status": ["loadBalancer": ["ingress": ["ip", "hostname"]]],
    ]

    private enum SpecKeys: String, CodingKey {
        case type, clusterIP, clusterIPs, externalName, ports, externalIPs
    }

    private enum StatusKeys: String, CodingKey {
        case loadBalancer
    }

    private enum LoadBalancerKeys: String, CodingKey {
        case ingress
    }

    private struct PortForm: Decodable {
        var name: String?
        var port: Int
        var `protocol`: String?
    }

    private struct IngressForm: Decodable {
        var ip: String?
        var hostname: String?
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: ObjectKeys.self)
        self.init(metadata: try container.decode(ObjectMetadata.self, forKey: .metadata))
        if let spec = try container.nestedIfPresent(SpecKeys.self, forKey: .spec) { try read(spec) }
        if let status = try container.nestedIfPresent(StatusKeys.self, forKey: .status),
            let balancer = try status.nestedIfPresent(LoadBalancerKeys.self, forKey: .loadBalancer)
        {
            read(try balancer.list(IngressForm.self, forKey: .ingress))
        }
    }

    private mutating func read(_ spec: KeyedDecodingContainer<SpecKeys>) throws {
        kind = Kind(spelling: try spec.decodeIfPresent(String.self, forKey: .type))
        externalName = try spec.decodeIfPresent(String.self, forKey: .externalName) ?? ""
        try readClusterIPs(spec)
        let external = AddressList(try spec.list(String.self, forKey: .externalIPs))
        externalIPs = external.addresses
        malformedAddressCount += external.malformedCount
        ports = try spec.list(PortForm.self, forKey: .ports).compactMap { form in
            Port(name: form.name ?? "", number: form.port, transport: form.protocol)
        }
    }

    private mutating func readClusterIPs(_ spec: KeyedDecodingContainer<SpecKeys>) throws {
        var texts = try spec.list(String.self, forKey: .clusterIPs)
        if texts.isEmpty, let text = try spec.decodeIfPresent(String.self, forKey: .clusterIP) { texts = [text] }
        isHeadless = texts.contains("None")
        let list = AddressList(texts.filter { !$0.isEmpty && $0 != "None" })
        clusterIPs = list.addresses
        malformedAddressCount += list.malformedCount
    }

    private mutating func read(_ ingress: [IngressForm]) {
        let list = AddressList(ingress.compactMap(\.ip).filter { !$0.isEmpty })
        loadBalancerIPs = list.addresses
        malformedAddressCount += list.malformedCount
        // An address makes the name beside it unneeded.
        loadBalancerHostnames = ingress.filter { $0.ip?.isEmpty != false }.compactMap(\.hostname).filter { !$0.isEmpty }
    }
}

extension Service.Port {
    /// A port as the API writes it; nothing when the number or the transport is none.
    init?(name: String, number: Int, transport: String?) {
        guard let number = UInt16(exactly: number), let transport = TransportProtocol(spelling: transport) else {
            return nil
        }
        self.init(name: name, number: number, transport: transport)
    }
}

extension Service.Kind {
    /// Reads the API's spelling.
    init(spelling: String?) {
        switch spelling {
        case "NodePort": self = .nodePort
        case "LoadBalancer": self = .loadBalancer
        case "ExternalName": self = .externalName
        default: self = .clusterIP
        }
    }
}
