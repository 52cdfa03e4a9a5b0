import Basics

extension Pod: JSONReadable {
    /// What is read of an object.
    static let jsonParts: JSONParts = [
        "metadata": .metadata(labels: .all), "status": ["podIP": .all, "podIPs": ["ip"], "phase": .all],
    ]

    init(from json: inout JSONReader, _ context: DecodingContext) throws(APIFailure) {
        guard try json.beginObject() else { throw json.fault("no object") }
        self.init(metadata: ObjectMetadata(name: ""), phase: .unknown)
        var metadata: ObjectMetadata?
        while let member = try json.member() {
            switch member {
            case "metadata": metadata = try ObjectMetadata(from: &json, context, labels: &labels)
            case "status": try readStatus(&json)
            default: try json.skip()
            }
        }
        guard let metadata else { throw json.fault("no metadata") }
        self.metadata = metadata
    }

    private mutating func readStatus(_ json: inout JSONReader) throws(APIFailure) {
        guard try json.beginObject() else { return }
        var (primary, texts): (String?, [String]) = (nil, [])
        while let member = try json.member() {
            switch member {
            case "phase": phase = Phase(spelling: try json.string())
            case "podIP": primary = try json.string()
            case "podIPs": texts = try Self.addresses(&json)
            default: try json.skip()
            }
        }
        takeAddresses(texts, primary: primary)
    }

    private static func addresses(_ json: inout JSONReader) throws(APIFailure) -> [String] {
        guard try json.beginArray() else { return [] }
        var texts: [String] = []
        while try json.element() {
            guard try json.beginObject() else { throw json.fault("not an object") }
            while let member = try json.member() {
                if member == "ip" { texts += [try json.string()].compactMap(\.self) } else { try json.skip() }
            }
        }
        return texts
    }

    /// Takes the addresses as the API writes them.
    mutating func takeAddresses(_ texts: [String], primary: String?) {
        var all = AddressList(texts)
        if let primary, !primary.isEmpty {
            podIP = IPAddress(primary)
            // An API server from before dual stack gives only the one address.
            if all.addresses.isEmpty, all.malformedCount == 0 { all.append(primary) }
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
