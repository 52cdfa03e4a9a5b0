extension Pod: Decodable {
    private enum StatusKeys: String, CodingKey {
        case podIP, podIPs, phase
    }

    private struct AddressForm: Decodable {
        var ip: String?
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: ObjectKeys.self)
        self.init(
            metadata: try container.decode(ObjectMetadata.self, forKey: .metadata), phase: .unknown,
            labels: try container.labels())
        if let status = try container.nestedIfPresent(StatusKeys.self, forKey: .status) { try read(status) }
    }

    private mutating func read(_ status: KeyedDecodingContainer<StatusKeys>) throws {
        phase = Phase(spelling: try status.decodeIfPresent(String.self, forKey: .phase))
        takeAddresses(
            try status.list(AddressForm.self, forKey: .podIPs).compactMap(\.ip),
            primary: try status.decodeIfPresent(String.self, forKey: .podIP))
    }
}
