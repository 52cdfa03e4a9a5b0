extension EndpointSlice: Decodable {
    private struct PortForm: Decodable {
        var name: String?
        var port: Int?
        var `protocol`: String?
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: ObjectKeys.self)
        let metadata = try container.nestedContainer(keyedBy: MetadataKeys.self, forKey: .metadata)
        let labels = try metadata.nestedIfPresent(LabelKeys.self, forKey: .labels)
        let annotations = try metadata.nestedIfPresent(AnnotationKeys.self, forKey: .annotations)
        self.init(
            metadata: try container.decode(ObjectMetadata.self, forKey: .metadata),
            serviceName: try labels?.decodeIfPresent(String.self, forKey: .serviceName) ?? "",
            addressType: AddressType(spelling: try container.decodeIfPresent(String.self, forKey: .addressType)),
            ports: try Self.ports(container),
            lastChangeTriggerTime: try annotations?.decodeIfPresent(String.self, forKey: .lastChange)
                .flatMap { Timestamp.nanoseconds($0.utf8) })
        importedService = try labels?.decodeIfPresent(String.self, forKey: .importedService) ?? ""
        sourceCluster = try labels?.decodeIfPresent(String.self, forKey: .sourceCluster) ?? ""
        // The names of a slice of names are not addresses, so none of them counts as malformed.
        guard addressType != .other else { return }
        let forms = try container.list(EndpointForm.self, forKey: .endpoints)
        endpoints = forms.map(\.endpoint)
        malformedAddressCount = forms.reduce(0) { $0 + $1.malformedCount }
    }

    private static func ports(_ container: KeyedDecodingContainer<ObjectKeys>) throws -> [Port] {
        try container.list(PortForm.self, forKey: .ports).compactMap { form in
            guard let transport = TransportProtocol(spelling: form.protocol) else { return nil }
            guard let number = form.port else {
                return Port(name: form.name ?? "", number: nil, transport: transport)
            }
            return UInt16(exactly: number).map { Port(name: form.name ?? "", number: $0, transport: transport) }
        }
    }
}

/// An endpoint as the API writes it.
private struct EndpointForm: Decodable {
    enum Keys: String, CodingKey {
        case addresses, conditions, hostname, targetRef, zone
    }

    enum ConditionKeys: String, CodingKey {
        case ready
    }

    enum TargetKeys: String, CodingKey {
        case name
    }

    var endpoint: EndpointSlice.Endpoint
    var malformedCount: Int

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        let list = AddressList(try container.list(String.self, forKey: .addresses))
        let target = try container.nestedIfPresent(TargetKeys.self, forKey: .targetRef)
        let conditions = try container.nestedIfPresent(ConditionKeys.self, forKey: .conditions)
        malformedCount = list.malformedCount
        endpoint = EndpointSlice.Endpoint(
            addresses: list.addresses,
            hostname: try container.decodeIfPresent(String.self, forKey: .hostname) ?? "",
            targetName: try target?.decodeIfPresent(String.self, forKey: .name) ?? "",
            zone: try container.decodeIfPresent(String.self, forKey: .zone) ?? "",
            isReady: try conditions?.decodeIfPresent(Bool.self, forKey: .ready) ?? true)
    }
}
