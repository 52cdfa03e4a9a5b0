extension Pod: Decodable {
    /// What is read of an object.
    static let jsonParts: JSONParts = [
        "metadata": .metadata(labels: .all), "status": ["podIP": .all, "podIPs": ["ip"], "phase": .all],
    ]

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
            labels: decoder.keepsLabels ? try container.labels() : [:])
        if let status = try container.nestedIfPresent(StatusKeys.self, forKey: .status) { try read(status) }
    }

    private mutating func read(_ status: KeyedDecodingContainer<StatusKeys>) throws {
        phase = Phase(spelling: try status.decodeIfPresent(String.self, forKey: .phase))
        var all = AddressList(try status.list(AddressForm.self, forKey: .podIPs).compactMap(\.ip))
        if let text = try status.decodeIfPresent(String.self, forKey: .podIP), !text.isEmpty {
            podIP = IPAddress(text)
            // An API server from before dual stack gives only the one address.
            if all.addresses.isEmpty, all.malformedCount == 0 { all.append(text) }
        }
        podIPs = all.addresses
        malformedAddressCount = all.malformedCount
    }
}

extension Pod.Phase {
    /// Reads the API's spelling.
    init(spelling: String?) {
        switch spelling {
        case "Pending": self = .pending
        case "Running": self = .running
        case "Succeeded": self = .succeeded
        case "Failed": self = .failed
        default: self = .unknown
        }
    }
}
