extension ServiceImport: Decodable {
    private enum SpecKeys: String, CodingKey {
        case type, ips, ports
    }

    private struct PortForm: Decodable {
        var name: String?
        var port: Int
        var `protocol`: String?
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: ObjectKeys.self)
        self.init(metadata: try container.decode(ObjectMetadata.self, forKey: .metadata))
        guard let spec = try container.nestedIfPresent(SpecKeys.self, forKey: .spec) else { return }
        if try spec.decodeIfPresent(String.self, forKey: .type) == "Headless" { kind = .headless }
        let list = AddressList(try spec.list(String.self, forKey: .ips))
        addresses = list.addresses
        malformedAddressCount = list.malformedCount
        ports = try spec.list(PortForm.self, forKey: .ports).compactMap { form in
            Service.Port(name: form.name ?? "", number: form.port, transport: form.protocol)
        }
    }
}
