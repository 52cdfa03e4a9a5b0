extension EndpointSlice: JSONReadable {
    /// What is read of an object.
    static let jsonParts: JSONParts = [
        "metadata": .metadata(
            labels: [
                LabelKeys.serviceName.rawValue, LabelKeys.importedService.rawValue, LabelKeys.sourceCluster.rawValue,
            ], annotations: [AnnotationKeys.lastChange.rawValue]),
        "addressType": .all, "ports": ["name", "port", "protocol"],
        "endpoints": [
            "addresses": .all, "conditions": ["ready"], "hostname": .all, "targetRef": ["name"], "zone": .all,
        ],
    ]

    enum LabelKeys: String, CodingKey {
        case serviceName = "kubernetes.io/service-name"
        case importedService = "multicluster.kubernetes.io/service-name"
        case sourceCluster = "multicluster.kubernetes.io/source-cluster"
    }

    enum AnnotationKeys: String, CodingKey {
        case lastChange = "endpoints.kubernetes.io/last-change-trigger-time"
    }

    init(from json: inout JSONReader, _ context: DecodingContext) throws(APIFailure) {
        guard try json.beginObject() else { throw json.fault("no object") }
        self.init(metadata: ObjectMetadata(name: ""), serviceName: "", addressType: .other)
        var metadata: ObjectMetadata?
        while let member = try json.member() {
            switch member {
            case "metadata":
                metadata = try ObjectMetadata(from: &json, context) { json, texts throws(APIFailure) in
                    try readTexts(texts, &json, context)
                }
            case "addressType": addressType = AddressType(try json.token())
            case "ports": ports = try PortForm.list(&json).compactMap(Port.init)
            case "endpoints": try readEndpoints(&json, context)
            default: try json.skip()
            }
        }
        guard let metadata else { throw json.fault("no metadata") }
        self.metadata = metadata
        // The names of a slice of names are not addresses, so none of them counts as malformed.
        if addressType == .other { (endpoints, malformedAddressCount) = ([], 0) }
    }

    private mutating func readTexts(
        _ texts: ObjectMetadata.Texts, _ json: inout JSONReader, _ context: DecodingContext
    ) throws(APIFailure) {
        guard try json.beginObject() else { return }
        while let name = try json.member() {
            switch (texts, name) {
            case (.labels, "kubernetes.io/service-name"): serviceName = try json.string() ?? ""
            case (.labels, "multicluster.kubernetes.io/service-name"): importedService = try json.string() ?? ""
            case (.labels, "multicluster.kubernetes.io/source-cluster"):
                sourceCluster = context.strings.shared(try json.string() ?? "")
            case (.annotations, "endpoints.kubernetes.io/last-change-trigger-time"):
                lastChangeTriggerTime = try json.timestamp()
            default: try json.skip()
            }
        }
    }

    private mutating func readEndpoints(_ json: inout JSONReader, _ context: DecodingContext) throws(APIFailure) {
        (endpoints, malformedAddressCount) = ([], 0)
        guard try json.beginArray() else { return }
        // Most have no more, and a larger piece of memory is no longer among those that the allocator keeps at hand.
        endpoints.reserveCapacity(15)
        while try json.element() { endpoints.append(try Endpoint(&json, context, &malformedAddressCount)) }
    }
}

extension EndpointSlice.Port {
    /// A port as the API writes it; nothing when the number or the transport is none.
    init?(_ form: PortForm) {
        guard let transport = TransportProtocol(spelling: form.transport) else { return nil }
        let number = form.number.map(UInt16.init(exactly:))
        if case .some(nil) = number { return nil }
        self.init(name: form.name, number: number ?? nil, transport: transport)
    }
}

extension EndpointSlice.Endpoint {
    /// - Parameter malformedCount: counts addresses that are none.
    fileprivate init(
        _ json: inout JSONReader, _ context: DecodingContext, _ malformedCount: inout Int
    ) throws(APIFailure) {
        guard try json.beginObject() else { throw json.fault("not an object") }
        self.init(addresses: [])
        while let member = try json.member() {
            switch member {
            case "addresses":
                let list = try AddressList(&json)
                addresses = list.addresses
                malformedCount += list.malformedCount
            case "hostname": hostname = try json.string() ?? ""
            case "zone" where context.details.contains(.zones):
                zone = context.strings.shared(try json.string() ?? "")
            case "conditions": try readConditions(&json)
            case "targetRef" where context.details.contains(.targets): try readTarget(&json)
            default: try json.skip()
            }
        }
    }

    private mutating func readConditions(_ json: inout JSONReader) throws(APIFailure) {
        guard try json.beginObject() else { return }
        while let member = try json.member() {
            if member == "ready" { isReady = try json.bool() ?? true } else { try json.skip() }
        }
    }

    private mutating func readTarget(_ json: inout JSONReader) throws(APIFailure) {
        guard try json.beginObject() else { return }
        while let member = try json.member() {
            if member == "name" { targetName = try json.string() ?? "" } else { try json.skip() }
        }
    }
}

extension EndpointSlice.AddressType {
    /// Reads the API's spelling.
    init(spelling: String?) {
        switch spelling {
        case "IPv4": self = .ipv4
        case "IPv6": self = .ipv6
        default: self = .other
        }
    }

    /// Reads the API's spelling.
    fileprivate init(_ token: JSONToken?) {
        switch token {
        case .some("IPv4"): self = .ipv4
        case .some("IPv6"): self = .ipv6
        default: self = .other
        }
    }
}
