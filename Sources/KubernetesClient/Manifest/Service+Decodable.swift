extension Service: Decodable {
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
            takeIngress(try balancer.list(IngressForm.self, forKey: .ingress).map { ($0.ip, $0.hostname) })
        }
    }

    private mutating func read(_ spec: KeyedDecodingContainer<SpecKeys>) throws {
        kind = Kind(spelling: try spec.decodeIfPresent(String.self, forKey: .type))
        externalName = try spec.decodeIfPresent(String.self, forKey: .externalName) ?? ""
        takeClusterIPs(
            try spec.list(String.self, forKey: .clusterIPs),
            orElse: try spec.decodeIfPresent(String.self, forKey: .clusterIP))
        takeExternalIPs(try spec.list(String.self, forKey: .externalIPs))
        ports = try spec.list(PortForm.self, forKey: .ports).compactMap { form in
            Port(name: form.name ?? "", number: form.port, transport: form.protocol)
        }
    }
}
